import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { CancelledFailure } from '@temporalio/common';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SshRemote, sshRemote } from '../../activities/adapters/remote/ssh.js';
import type { JobRequest } from '../../activities/job.js';
import { runJobFrom, stopJob } from '../../activities/run-job.js';
import type { HeartbeatDetail } from '../../workflows/contract/progress.js';
import { type SystemdHost, startSystemdHost } from './systemd-host.js';

const scripts = {
  greet:
    'read -r secret; echo "hello $1"; echo "told $secret"; echo "copy 3 7" >"$MYC_PROGRESS"; sleep 1.5; ' +
    'printf "%s" "$2" >"$MYC_RESULT"; echo run >>"/root/ran-$1"; exit 3',
  count: 'echo run >>"/root/ran-$1"; sleep "$2"; echo end >>"/root/ran-$1"',
  stuck: 'echo run >>"/root/ran-$1"; echo "copying 5" >"$MYC_PROGRESS"; echo before; sleep 600',
  lots: 'for i in $(seq 50); do echo "line $i"; done',
};

let host: SystemdHost;
let remote: SshRemote;
let folder: string;
let operation = 0;

beforeAll(async () => {
  host = await startSystemdHost();
  remote = sshRemote(host.login);
  folder = await mkdtemp(join(tmpdir(), 'myc-scripts-'));
  for (const [name, text] of Object.entries(scripts))
    await writeFile(join(folder, `${name}.sh`), `${text}\n`);
});

afterAll(async () => {
  remote.close();
  await host.destroy();
  await rm(folder, { recursive: true });
});

/** Each call is of another operation, as each test is. */
const request = (
  script: keyof typeof scripts,
  args: string[],
  more: Partial<JobRequest> = {},
): JobRequest => ({
  operationId: `20261123T031500Z-${String((operation += 1)).padStart(6, '0')}`,
  step: 'data',
  script,
  args,
  ...more,
});

const run = (job: JobRequest, signal = new AbortController().signal, seen: HeartbeatDetail[] = []) =>
  runJobFrom(pathToFileURL(`${folder}/`), remote, job, (detail) => seen.push(detail), signal);
const runs = (name: string) => host.run(`cat /root/ran-${name} 2>/dev/null || true`);
const until = async (condition: () => boolean) => {
  for (let tries = 100; tries > 0 && !condition(); tries -= 1) await sleep(200);
  expect(condition()).toBe(true);
};

test('a job gives its exit code, result and last lines, masked; run again it is only read', async () => {
  const job = request('greet', ['a', "it's\n$(id)"], { input: 's3cret\n', secrets: ['s3cret'] });
  const seen: HeartbeatDetail[] = [];
  const first = await run(job, undefined, seen);
  const record = { exit: 3, result: "it's\n$(id)", lastLines: ['hello a', 'told ***'] };
  expect(first).toEqual({ ...record, ranNow: true });
  expect(seen).toContainEqual(
    expect.objectContaining({ step: 'data', phase: 'copy', bytes: 3, totalBytes: 7 }),
  );
  expect(await run(job)).toEqual({ ...record, ranNow: false });
  expect(runs('a')).toBe('run');
  expect(host.run('grep -rl s3cret /var/lib/myc-wf --include=input || true')).toBe('');
  expect(host.run('systemctl list-units --all --no-legend "myc-*"')).toBe('');
});

test('only the last 20 lines come back', async () => {
  const { lastLines } = await run(request('lots', []));
  expect(lastLines).toHaveLength(20);
  expect(lastLines.at(-1)).toBe('line 50');
});

test('starts at the same time are one job', async () => {
  const job = request('count', ['once', '2']);
  const results = await Promise.all([run(job), run(job), run(job)]);
  expect(results.map(({ exit }) => exit)).toEqual([0, 0, 0]);
  expect(runs('once')).toBe('run\nend');
});

test('a lost connection leaves the job running, and the next attempt attaches to it', async () => {
  const job = request('count', ['cut', '6']);
  const cut = run(job).catch((error: unknown) => error);
  await until(() => runs('cut') === 'run');
  host.run('pkill -f "^sshd-session|^sshd: root"; true');
  expect(await cut).toMatchObject({ type: 'HostUnreachable', nonRetryable: false });
  expect(await run(job)).toMatchObject({ exit: 0, ranNow: true });
  expect(runs('cut')).toBe('run\nend');
});

test('a worker that shuts down leaves the job running; a cancelled step stops it', async () => {
  const job = request('count', ['left', '60']);
  const shutdown = new AbortController();
  const left = run(job, shutdown.signal).catch((error: unknown) => error);
  await until(() => runs('left') === 'run');
  shutdown.abort(new CancelledFailure('WORKER_SHUTDOWN'));
  expect(await left).toBe(shutdown.signal.reason);
  expect(host.run('systemctl list-units --no-legend "myc-*" | wc -l')).toBe('1');
  const cancelled = new AbortController();
  const reason = new CancelledFailure('CANCELLED');
  setTimeout(() => cancelled.abort(reason), 1500);
  await expect(run(job, cancelled.signal)).rejects.toBe(reason);
  expect(host.run('systemctl list-units --all --no-legend "myc-*"')).toBe('');
  expect(await run(job)).toMatchObject({ exit: 143, ranNow: false });
});

test('stopJob stops the jobs of a step and no other', async () => {
  const job = request('count', ['stopped', '60'], { subject: 'odoo' });
  const other = { ...job, step: 'reader', args: ['other', '4'], exclusive: false };
  const stopped = run(job);
  const untouched = run(other);
  await until(() => runs('stopped') === 'run' && runs('other') === 'run');
  await stopJob(remote, { operationId: job.operationId, step: 'data' });
  expect((await stopped).exit).toBe(143);
  expect((await untouched).exit).toBe(0);
});

test('changing jobs of one host wait for each other and say for whom; a reader does not wait', async () => {
  const first = request('count', ['first', '5']);
  const second = request('count', ['second', '0'], { step: 'files' });
  const seen: HeartbeatDetail[] = [];
  const one = run(first);
  await until(() => runs('first') === 'run');
  const two = run(second, undefined, seen);
  expect((await run(request('count', ['reader', '0'], { exclusive: false }))).exit).toBe(0);
  expect(runs('second')).toBe('');
  expect(runs('first')).toBe('run');
  await Promise.all([one, two]);
  expect(runs('second')).toBe('run\nend');
  expect(seen.map(({ phase }) => phase)).toContain(
    `waiting for the host, held by data (${first.operationId})`,
  );
});

test('a job that does not move is stopped and fails for good', async () => {
  await expect(run(request('stuck', ['stuck'], { stallSeconds: 3 }))).rejects.toMatchObject({
    type: 'JobStalled',
    nonRetryable: true,
    message: expect.stringMatching(/data on vps1 did not move for 3 s.*copying[^]*before$/) as string,
  });
  expect(host.run('systemctl list-units --all --no-legend "myc-*"')).toBe('');
});

test('a killed job ends with the code of its signal', async () => {
  const job = request('count', ['killed', '60']);
  const running = run(job);
  await until(() => runs('killed') === 'run');
  host.run('systemctl kill --signal=KILL "myc-*"');
  expect((await running).exit).toBe(137);
});

test('a job cut off by a reboot is started again', async () => {
  const job = request('count', ['reboot', '4']);
  const cut = run(job).catch((error: unknown) => error);
  await until(() => runs('reboot') === 'run');
  await host.reboot();
  expect(await cut).toMatchObject({ type: 'HostUnreachable' });
  remote.close();
  remote = sshRemote(host.login);
  expect(await run(job)).toMatchObject({ exit: 0, ranNow: true });
  expect(runs('reboot')).toBe('run\nrun\nend');
});
