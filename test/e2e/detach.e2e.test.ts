import { createServer } from 'node:net';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type UpFile, readUpFile } from '../../client/up-file.js';
import { processMark } from '../../worker/process-mark.js';
import { openLab } from '../lab/lab.js';
import { type Operator, openOperator } from './operator.js';

const hostKey = `ssh-ed25519 ${Buffer.concat([
  Buffer.from('0000000b7373682d6564323535313900000020', 'hex'),
  Buffer.alloc(32, 7),
]).toString('base64')}`;

/** The built program, whose worker is ready in a second: bundling from source takes many on a loaded machine. */
let operator: Operator;
let data: string;
beforeEach(async () => {
  const lab = await openLab();
  // Nothing listens there: an operation on it is tried for a minute.
  const gone = { address: '127.0.0.1', port: 9, 'identity-file': lab.identityFile, 'host-keys': [hostKey] };
  operator = await openOperator(lab, {
    configure: (config) => ({ ...config, hosts: { 'gone.lab': gone } }),
  });
  data = path.join(operator.folder, 'data');
});
afterEach(async () => {
  await operator.myc(['down']);
  await operator.close();
});

const upFile = async (): Promise<UpFile> => {
  const found = await readUpFile(data);
  if (found === undefined) throw new Error('no up.json');
  return found;
};

test('up --detach is ready when it returns, another one says so, down stops worker and server', async () => {
  const first = await operator.done('up', '--detach', '--json');
  const ready = JSON.parse(first.stdout) as { event: string; address: string; pid: number; log: string };
  expect(ready).toMatchObject({ event: 'ready', log: path.join(data, 'up.log') });
  const { pid, serverPid, address } = await upFile();
  expect(ready).toMatchObject({ pid, address });
  expect((await stat(ready.log)).mode & 0o777).toBe(0o600);

  // A worker answers: nothing more is waited for.
  expect((await operator.myc(['doctor'])).stdout).toContain('a worker asks for work');
  for (const again of [['up'], ['up', '--detach']]) {
    const { status, stderr } = await operator.myc(again);
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining(`runs already in ${data}, as process ${pid}`),
    ]);
  }

  expect(await operator.done('down')).toEqual({ status: 0, stdout: 'stopped\n', stderr: '' });
  expect([await processMark(pid), await processMark(serverPid)]).toEqual([undefined, undefined]);
  const nothing = await operator.done('down');
  expect(nothing.stdout).toBe(`no myc-wf up runs in ${data}\n`);
  expect((await operator.myc(['status'])).status).toBe(4);

  const second = await operator.done('up', '--detach');
  expect(second.stdout).toContain(`ready  ${(await upFile()).address}`);
  expect(second.stdout).toContain('myc-wf down stops it');
});

test('of two at the same time one is ready and the other says which', async () => {
  const both = await Promise.all([operator.myc(['up', '--detach']), operator.myc(['up', '--detach'])]);
  const [ready, told] = both.sort((a, b) => a.status - b.status);
  expect(ready).toMatchObject({ status: 0 });
  expect(told?.status).toBeGreaterThan(0);
  expect(told?.stderr).toContain(`as process ${(await upFile()).pid}`);
});

test('where it cannot start it says why and where the log is, and nothing is left running', async () => {
  const taken = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => {
    taken.listen(operator.settings.temporal!.port, '127.0.0.1', resolve);
  });
  const before = performance.now();
  const { status, stderr } = await operator.myc(['up', '--detach']);
  // A server that ended is not waited for: its time to become ready is a minute.
  expect(performance.now() - before).toBeLessThan(45_000);
  await new Promise((resolve) => taken.close(resolve));
  expect(status).toBe(1);
  expect(stderr).toContain('error: up did not start: it ended with exit code 1');
  expect(stderr).toContain(
    `the Temporal server on 127.0.0.1:${operator.settings.temporal!.port} ended at once`,
  );
  expect(stderr).toContain(`the log is ${path.join(data, 'up.log')}`);
  expect((await operator.done('down')).stdout).toContain('no myc-wf up runs');
});

test('the server of one that was killed is stopped by down', async () => {
  await operator.done('up', '--detach');
  const { pid, serverPid } = await upFile();
  process.kill(pid, 'SIGKILL');
  await expect.poll(() => processMark(pid)).toBeUndefined();
  expect(await processMark(serverPid)).toBeDefined();
  expect((await operator.done('down')).stdout).toBe('stopped\n');
  expect(await processMark(serverPid)).toBeUndefined();
});

test('Ctrl-C while following leaves the operation running, ends with 130 and says how to go on', async () => {
  await operator.done('up', '--detach');
  const deploying = operator.start(['start', 'deploy', 'gone.lab']);
  await expect.poll(() => deploying.stderr(), { timeout: 60_000 }).toContain('… deployed');
  expect(await deploying.interrupt()).toBe(130);
  expect(deploying.stderr()).toContain(
    'detached: the workflow goes on\n  myc-wf follow gone.lab shows it again, myc-wf cancel gone.lab stops it\n',
  );
  expect(JSON.parse((await operator.done('status', 'gone.lab', '--json')).stdout)).toMatchObject({
    status: 'running',
  });
  const followed = operator.myc(['follow', 'gone.lab']);
  await operator.done('cancel', 'gone.lab');
  expect((await followed).status).toBe(1);
  const cancelled = await operator.done('list', '--status', 'cancelled', '--operation', 'deploy');
  expect(cancelled.stdout).toContain('host/gone.lab');
});
