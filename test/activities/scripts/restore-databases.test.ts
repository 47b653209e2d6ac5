import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { postgresLibrary } from '../../../activities/job.js';
import { hostScript } from '../../lab/host-script.js';

/** A container whose programs say what the image wants them to say: PostgreSQL itself is in restore-cluster.test.ts. */
const docker = `#!/bin/bash
case "$*" in
  ps*) echo 0123abcd ;;
  *'pg_restore --list'*) printf ';     dbname: shop\\n217; 1259 16385 TABLE public t shop\\n' ;;
  *'make_database "$database"'*) printf 'tables %s\\n' "$COUNT" ;;
  *as_superuser*)
    if [[ $(cat) == *server_version_num\\;* ]]; then
      printf '%s\\n' "$VERSION" 74656d706c61746531
    else
      echo '{"left": [], "services": ["shop"]}'
    fi ;;
esac
`;

let folder: string;
const marks = () => path.join(folder, 'restored/postgres');
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'myc-restore-'));
  const dumps = path.join(folder, 'stage/var/lib/myc-wf/backup/dumps/postgres');
  for (const one of [dumps, marks(), path.join(folder, 'bin')]) await mkdir(one, { recursive: true });
  await writeFile(path.join(dumps, 'roles.json'), '[]');
  await writeFile(path.join(dumps, 'databases.json'), '[{"name": "shop", "owner": "shop"}]');
  await writeFile(path.join(dumps, 'shop.dump'), 'PGDMP');
  await writeFile(path.join(folder, 'bin/docker'), docker);
  await chmod(path.join(folder, 'bin/docker'), 0o755);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function restored(said: { version?: string; count?: string } = {}) {
  const env = {
    ...{
      PATH: `${path.join(folder, 'bin')}:${process.env.PATH}`,
      MYC_PROGRESS: path.join(folder, 'progress'),
      MYC_RESULT: path.join(folder, 'result'),
    },
    ...{ VERSION: said.version ?? '170012', COUNT: said.count ?? '1' },
  };
  const libraries = [postgresLibrary, 'restore-roles', 'read-dump', 'restore-database'];
  const script = await hostScript('restore-databases', libraries);
  const { code, stdout, stderr } = await script(
    [folder, 'myc', 'postgres', '170012', 'shop', 'shop.dump'],
    env,
  );
  return { code, said: stdout + stderr, done: (await readdir(marks())).includes('shop.dump.done') };
}

test('a database is made of its dump, with as many tables', async () => {
  expect(await restored()).toMatchObject({ code: 0, done: true });
  // Done once, it is not asked again.
  expect(await restored({ count: '0' })).toMatchObject({ code: 0, done: true });
});

test('one with fewer tables than its dump is told', async () => {
  const { code, said, done } = await restored({ count: '0' });
  expect({ code, done }).toEqual({ code: 1, done: false });
  expect(said).toContain('the database shop of postgres has fewer tables than its dump (1)');
});

test.each([
  ['version', 'postgres does not say which PostgreSQL it is'],
  ['count', 'the tables of shop of postgres cannot be counted'],
])('a %s that is a program is not run on the host', async (what, message) => {
  const { code, said, done } = await restored({ [what]: `a[$(touch ${path.join(folder, 'ran')})0]` });
  expect(await readdir(folder)).not.toContain('ran');
  expect({ code, done }).toEqual({ code: 1, done: false });
  expect(said).toContain(message);
});

test('a list of an earlier run, which lost its end in a power cut, is made anew', async () => {
  await writeFile(path.join(marks(), 'shop.dump.list'), '');
  await writeFile(path.join(marks(), 'shop.dump.begun'), '');
  expect(await restored()).toMatchObject({ code: 0, done: true });
});
