import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, expect, test } from 'vitest';

const launcher = fileURLToPath(new URL('../../client/myc-wf.mjs', import.meta.url));
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'launcher-'));
  await cp(launcher, path.join(folder, 'client/myc-wf.mjs'));
});
afterEach(() => rm(folder, { recursive: true }));

const launched = () =>
  spawnSync(path.join(folder, 'client/myc-wf.mjs'), ['start', 'deploy'], { encoding: 'utf8' });

test('before the first build it says what to do', () => {
  expect(launched()).toMatchObject({
    ...{ status: 2, stdout: '' },
    stderr: 'error: myc-wf is not built yet\n  npm run build does that\n',
  });
});

test('afterwards it is the built command, with its words and its exit code', async () => {
  await mkdir(path.join(folder, 'dist/client'), { recursive: true });
  const built = 'console.log(process.argv.slice(2).join(" ")); process.exitCode = 11;';
  await writeFile(path.join(folder, 'dist/client/cli.js'), built);
  expect(launched()).toMatchObject({ status: 11, stdout: 'start deploy\n', stderr: '' });
});
