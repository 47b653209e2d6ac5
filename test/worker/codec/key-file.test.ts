import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensureKeyFile, readKeyFile } from '../../../worker/codec/key-file.js';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'myc-wf-key-'));
  file = path.join(folder, 'data', 'codec.key');
});
afterEach(() => rm(folder, { recursive: true }));

test('makes a private key once and keeps it', async () => {
  const key = await ensureKeyFile(file);
  expect(key).toHaveLength(32);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await ensureKeyFile(file)).toEqual(key);
});

test('of many that race, all get one key and nothing is left aside', async () => {
  const keys = await Promise.all(Array.from({ length: 20 }, () => ensureKeyFile(file)));
  expect(new Set(keys.map((key) => key.toString('hex'))).size).toBe(1);
  expect(await readdir(path.dirname(file))).toEqual(['codec.key']);
});

test('refuses a key that others can read, a damaged one and a missing one', async () => {
  await ensureKeyFile(file);
  await chmod(file, 0o640);
  await expect(readKeyFile(file)).rejects.toThrow(`can be read by others; run chmod 600 ${file}`);
  await chmod(file, 0o600);
  await writeFile(file, (await readFile(file, 'utf8')).slice(0, 20));
  await expect(readKeyFile(file)).rejects.toThrow('is damaged');
  await expect(ensureKeyFile(file)).rejects.toThrow('is damaged');
  await expect(readKeyFile(path.join(folder, 'none'))).rejects.toThrow('cannot be read: ENOENT');
});
