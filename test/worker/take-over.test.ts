import { mkdtemp, rm } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readUpFile, writeUpFile } from '../../client/up-file.js';
import { processMark } from '../../worker/process-mark.js';
import { takeOver } from '../../worker/take-over.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'myc-wf-take-'));
});
afterEach(() => rm(directory, { recursive: true }));

const sleeper = () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  return { child, ended: new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal))) };
};
const here = { address: '127.0.0.1:1', uiUrl: 'http://127.0.0.1:2', namespace: 'default' };
const markOf = async (pid: number): Promise<string> => (await processMark(pid)) ?? 'ended';

test('leaves a running up and its server alone', async () => {
  const { child, ended } = sleeper();
  const [pidMark, serverMark] = [await markOf(process.pid), await markOf(child.pid!)];
  await writeUpFile(directory, { ...here, pid: process.pid, pidMark, serverPid: child.pid!, serverMark });
  await expect(takeOver(directory, () => undefined)).rejects.toThrow(
    `myc-wf up runs already in ${directory}, as process ${process.pid}`,
  );
  expect(await markOf(child.pid!)).toBe(serverMark);
  child.kill('SIGKILL');
  await ended;
});

test('stops the server that a killed up left behind', async () => {
  const killed = sleeper();
  const pidMark = await markOf(killed.child.pid!);
  killed.child.kill('SIGKILL');
  await killed.ended;
  const { child, ended } = sleeper();
  const serverMark = await markOf(child.pid!);
  await writeUpFile(directory, {
    ...here,
    pid: killed.child.pid!,
    pidMark,
    serverPid: child.pid!,
    serverMark,
  });
  const said: string[] = [];
  await takeOver(directory, (line) => said.push(line));
  expect(await ended).toBe('SIGTERM');
  expect(said).toEqual([`stopping the Temporal server ${child.pid}, which a killed myc-wf up left behind`]);
});

test('does not touch a later process that has the number of the server', async () => {
  const { child, ended } = sleeper();
  const up = { ...here, pid: process.pid, pidMark: '1', serverPid: child.pid!, serverMark: '1' };
  await writeUpFile(directory, up);
  await takeOver(directory, () => undefined);
  expect(await markOf(child.pid!)).not.toBe('ended');
  expect(await readUpFile(directory)).toEqual(up);
  child.kill('SIGKILL');
  await ended;
});
