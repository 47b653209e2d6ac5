import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeUpFile } from '../../client/up-file.js';
import { processMark } from '../../worker/process-mark.js';
import { stopUp } from '../../worker/stop-up.js';
import { lockDirectory, lockHolder } from '../../worker/up-lock.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'myc-wf-lock-'));
});
afterEach(() => rm(directory, { recursive: true }));

const sleeper = async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
  return { pid: child.pid!, mark: (await processMark(child.pid!)) ?? '', ended };
};
const left = (holder: { pid: number; mark: string }) =>
  writeFile(path.join(directory, 'up.lock'), JSON.stringify(holder));

test('a second up is told which process runs, from the first moment on; afterwards it may', async () => {
  const unlock = await lockDirectory(directory);
  expect((await lockHolder(directory))?.pid).toBe(process.pid);
  await expect(lockDirectory(directory)).rejects.toThrow(
    `myc-wf up runs already in ${directory}, as process ${process.pid}`,
  );
  await unlock();
  expect(await readdir(directory)).toEqual([]);
  await (
    await lockDirectory(directory)
  )();
});

test.each([
  ['is gone', JSON.stringify({ pid: 999_999_999, mark: '7' })],
  ['is another by now', JSON.stringify({ pid: process.pid, mark: '7' })],
  ['cannot be read', '{"pid":'],
])('a lock whose process %s does not hold', async (_, text) => {
  await writeFile(path.join(directory, 'up.lock'), text);
  expect(await lockHolder(directory)).toBeUndefined();
  const unlock = await lockDirectory(directory);
  expect((await lockHolder(directory))?.pid).toBe(process.pid);
  expect(await readdir(directory)).toEqual(['up.lock']);
  await unlock();
});

test('of many that start at once, over a stale lock, one has it', async () => {
  await left({ pid: 999_999_999, mark: '7' });
  const all = await Promise.allSettled(Array.from({ length: 20 }, () => lockDirectory(directory)));
  expect(all.filter(({ status }) => status === 'fulfilled').length).toBe(1);
  expect(await readdir(directory)).toEqual(['up.lock']);
});

const here = { address: '127.0.0.1:1', uiUrl: 'http://127.0.0.1:2', namespace: 'default' };

test('down ends up and its server, and waits for both; a second one finds nothing', async () => {
  const [up, server] = [await sleeper(), await sleeper()];
  await left(up);
  const file = { ...here, pid: up.pid, pidMark: up.mark, serverPid: server.pid, serverMark: server.mark };
  await writeUpFile(directory, file);
  expect(await stopUp(directory)).toBe(true);
  expect(await Promise.all([up.ended, server.ended])).toEqual(['SIGTERM', 'SIGTERM']);
  expect(await stopUp(directory)).toBe(false);
});

test('down ends an up that is not ready yet', async () => {
  const up = await sleeper();
  await left(up);
  expect(await stopUp(directory)).toBe(true);
  expect(await up.ended).toBe('SIGTERM');
});

test('down touches no later process that has the number of one that was killed', async () => {
  const other = await sleeper();
  const file = { ...here, pid: other.pid, pidMark: '1', serverPid: other.pid, serverMark: '1' };
  await writeUpFile(directory, file);
  await left({ pid: other.pid, mark: '1' });
  expect(await stopUp(directory)).toBe(false);
  expect(await processMark(other.pid)).toBe(other.mark);
  process.kill(other.pid, 'SIGKILL');
  await other.ended;
});
