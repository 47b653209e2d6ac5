import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from '../../lab/run.js';

const library = fileURLToPath(new URL('../../../activities/scripts/lib/checksums.sh', import.meta.url));

let folder: string;
beforeEach(async () => (folder = await realpath(await mkdtemp(path.join(tmpdir(), 'myc-checksums-')))));
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Checksums of these files below the folder, by their names. */
async function hashed(names: string[], below = folder): Promise<Record<string, string>> {
  const input = names.map((name) => `${path.join(below, name).slice(1)}\0`).join('');
  const argv = ['bash', '-euc', '. "$0"; sha256_of "$@"', library, '/none', below] as const;
  const { stdout } = await run([...argv], { input });
  const lines = stdout.split('\0').filter(Boolean);
  return Object.fromEntries(
    lines.map((line) => [`/${line.slice(66)}`.slice(below.length + 1), line.slice(0, 64)]),
  );
}
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

test('files are hashed under their own names, odd ones too, more than are opened at once', async () => {
  const names = [...Array.from({ length: 450 }, (_, index) => `f${index}`), 'odd\nname', ' -x', 'a\\b', 'ä'];
  for (const name of names) await writeFile(path.join(folder, name), name);
  expect(await hashed(names)).toEqual(Object.fromEntries(names.map((name) => [name, sha256(name)])));
});

test('what a container put in the place of a file, or of a folder on its way, is not read', async () => {
  const outside = path.join(folder, 'outside');
  const inside = path.join(folder, 'inside');
  for (const name of ['own', 'away', 'behind']) await mkdir(path.join(inside, name), { recursive: true });
  await mkdir(outside);
  for (const at of [outside, path.join(inside, 'away'), path.join(inside, 'own')])
    await writeFile(path.join(at, 'secret'), at);
  await rename(path.join(inside, 'away'), path.join(inside, 'kept'));
  await symlink(outside, path.join(inside, 'away'));
  await symlink(path.join(outside, 'secret'), path.join(inside, 'own/link'));
  // A pipe would hold whoever opens it for good.
  await run(['bash', '-c', 'mkfifo "$0/pipe"; mknod "$0/null" c 1 3; mkdir "$0/folder"', inside]);
  const names = ['own/secret', 'away/secret', 'own/link', 'pipe', 'null', 'folder', 'none', 'kept/secret'];
  expect(await hashed(names, inside)).toEqual({
    'own/secret': sha256(path.join(inside, 'own')),
    'kept/secret': sha256(path.join(inside, 'away')),
  });
});

test('a folder that an operator reaches by a link is hashed as before', async () => {
  await mkdir(path.join(folder, 'disk/data'), { recursive: true });
  await writeFile(path.join(folder, 'disk/data/file'), 'content');
  await symlink('disk', path.join(folder, 'srv'));
  expect(await hashed(['file'], path.join(folder, 'srv/data'))).toEqual({ file: sha256('content') });
});
