import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { putHost } from '../../../client/config/document.js';
import { watchConfig } from '../../../client/config/watch.js';

const temporary = (): Promise<string> => mkdtemp(path.join(os.tmpdir(), 'myc-wf-watch-'));

test('a host that is added is known at the next call; a file that stays is read once', async () => {
  const file = path.join(await temporary(), 'config.yml');
  await writeFile(file, 'hosts: {}\n');
  const read = watchConfig({ file });
  const before = await read();
  expect(await read()).toBe(before);
  await putHost(file, 'vps1.lab', { port: 2222 });
  expect(await read()).toEqual({ hosts: { 'vps1.lab': { port: 2222 } } });
});

test('a file of the same size and time that took its place is read too', async () => {
  const folder = await temporary();
  const [file, other] = [path.join(folder, 'config.yml'), path.join(folder, 'other.yml')];
  await writeFile(file, 'git-key-file: /a\n');
  await writeFile(other, 'git-key-file: /b\n');
  const read = watchConfig({ file });
  expect(await read()).toEqual({ 'git-key-file': '/a' });
  await rename(other, file);
  expect(await read()).toEqual({ 'git-key-file': '/b' });
});

test('a file that is broken meanwhile fails each call with its place, until it is corrected', async () => {
  const file = path.join(await temporary(), 'config.yml');
  await writeFile(file, 'hosts: {}\n');
  const read = watchConfig({ file });
  await read();
  await writeFile(file, 'hosts: {}\nhost: {}\n');
  for (let call = 0; call < 2; call += 1)
    await expect(read()).rejects.toThrow(`${file}:2:1: "host" is not a key here`);
  await rm(file);
  await expect(read()).rejects.toThrow(`${file} does not exist`);
  await writeFile(file, 'hosts: {}\n');
  expect(await read()).toEqual({ hosts: {} });
});
