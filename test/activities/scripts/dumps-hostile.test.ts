import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { postgresLibrary } from '../../../activities/job.js';
import { hostScript } from '../../lab/host-script.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'myc-dumps-'));
  for (const one of ['bin', 'backup']) await mkdir(path.join(folder, one));
});
afterEach(() => rm(folder, { recursive: true }));

/** A container whose psql was exchanged: it answers what it likes. */
async function dumped(answer: string) {
  await writeFile(
    path.join(folder, 'bin/docker'),
    `#!/bin/bash\nif [[ $* == *as_superuser\\ * ]]; then cat <<'X'\n${answer}\nX\nelse echo dump; fi\n`,
  );
  await chmod(path.join(folder, 'bin/docker'), 0o755);
  const script = await hostScript('dumps', [postgresLibrary]);
  const places = { MYC_PROGRESS: path.join(folder, 'progress'), MYC_RESULT: path.join(folder, 'result') };
  const env = { ...places, PATH: `${path.join(folder, 'bin')}:${process.env.PATH}` };
  return script(['db', '0123abcd', 'postgres'], env, { '/var/lib/myc-wf': folder });
}
const facts = (name: string) =>
  JSON.stringify({ version: 170000, roles: [], databases: [{ name, bytes: 1 }] });

test('a database that is called like a path is written to a file in its folder', async () => {
  const { code, stderr } = await dumped(facts('../../../escaped'));
  expect(code, stderr).toBe(0);
  expect((await readdir(path.join(folder, 'backup/dumps/db'))).sort()).toEqual([
    ...['+2e2e2f2e2e2f2e2e2f65736361706564.dump', 'databases.json', 'roles.json'],
  ]);
});

test.each([
  ['no answer', ''],
  ['two answers', facts('a') + facts('b')],
  ['a version that is a text', facts('a').replace('170000', '"a[$(touch ran)]"')],
  ['a name that is none', facts('a').replace('"a"', '["a"]')],
  ['a name with a NUL', facts('a\u0000b')],
])('%s of a server ends the dump, and the last good one stays', async (_what, answer) => {
  await mkdir(path.join(folder, 'backup/dumps/db'), { recursive: true });
  const { code, stderr } = await dumped(answer);
  expect(code).toBe(1);
  expect(stderr).toContain('db does not say what databases it has');
  expect(await readdir(path.join(folder, 'backup/dumps'))).toEqual(['db']);
});
