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
import { type Lab, type LabHost, openLab } from '../lab/lab.js';

const scripts = {
  greet:
    'read -r secret; echo "hello $1"; echo "told $secret"; echo "copy 3 7" >"$MYC_PROGRESS"; sleep 1.5; ' +
    'printf "%s" "$2" >"$MYC_RESULT"; echo run >>"/root/ran-$1"; exit 3',
  count: 'echo run >>"/root/ran-$1"; sleep "$2"; echo end >>"/root/ran-$1"',
  stuck: 'echo run >>"/root/ran-$1"; echo "copying 5" >"$MYC_PROGRESS"; echo before; sleep 600',
  lots: 'for i in $(seq 50); do echo "line $i"; done',
};

/** A host of this file's own, since it is rebooted. */
const name = 'vps77.lab';

let lab: Lab;
let host: LabHost;
let remote: SshRemote;
let folder: string;
let operation = 0;

beforeAll(async () => {
  lab = await openLab({ hosts: 1 });
  host = await lab.fresh(name);
  remote = connection();
  folder = await mkdtemp(join(tmpdir(), 'myc-scripts-'));
  for (const [name, text] of Object.entries(scripts))
    await writeFile(join(folder, `${name}.sh`), `${text}\n`);
});

afterAll(async () => {
  remote.close();
  await lab.destroy(name);
  await rm(folder, { recursive: true });
});

function connection(user = host.user): SshRemote {
  const { address, port, hostKey } = host;
  return sshRemote({ name, address, port, user, identityFile: lab.identityFile, hostKeys: [hostKey] });
}

/** On the host, but not over SSH. */
const shell = async (command: string) => (await host.exec(['bash', '-c', command])).trim();

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
const runs = (mark: string) => shell(`cat /root/ran-${mark} 2>/dev/null || true`);
const until = async (condition: () => Promise<boolean>) => {
  for (let tries = 100; tries > 0 && !(await condition()); tries -= 1) await sleep(200);
  expect(await condition()).toBe(true);
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
  expect(await runs('a')).toBe('run');
  expect(await shell('grep -rl s3cret /var/lib/myc-wf --include=input || true')).toBe('');
  expect(await shell('systemctl list-units --all --no-legend "myc-*"')).toBe('');
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
  expect(await runs('once')).toBe('run\nend');
});

test('a lost connection leaves the job running, and the next attempt attaches to it', async () => {
  const job = request('count', ['cut', '6']);
  const cut = run(job).catch((error: unknown) => error);
  await until(async () => (await runs('cut')) === 'run');
  await shell('pkill -f "^sshd-session|^sshd: root"; true');
  expect(await cut).toMatchObject({ type: 'HostUnreachable', nonRetryable: false });
  expect(await run(job)).toMatchObject({ exit: 0, ranNow: true });
  expect(await runs('cut')).toBe('run\nend');
});

test('a worker that shuts down leaves the job running; a cancelled step stops it', async () => {
  const job = request('count', ['left', '60']);
  const shutdown = new AbortController();
  const left = run(job, shutdown.signal).catch((error: unknown) => error);
  await until(async () => (await runs('left')) === 'run');
  shutdown.abort(new CancelledFailure('WORKER_SHUTDOWN'));
  expect(await left).toBe(shutdown.signal.reason);
  expect(await shell('systemctl list-units --no-legend "myc-*" | wc -l')).toBe('1');
  const cancelled = new AbortController();
  const reason = new CancelledFailure('CANCELLED');
  setTimeout(() => cancelled.abort(reason), 1500);
  await expect(run(job, cancelled.signal)).rejects.toBe(reason);
  expect(await shell('systemctl list-units --all --no-legend "myc-*"')).toBe('');
  expect(await run(job)).toMatchObject({ exit: 143, ranNow: false });
});

test('stopJob stops the jobs of a step and no other', async () => {
  const job = request('count', ['stopped', '60'], { subject: 'odoo' });
  const other = { ...job, step: 'reader', args: ['other', '4'], exclusive: false };
  const stopped = run(job);
  const untouched = run(other);
  await until(async () => (await runs('stopped')) === 'run' && (await runs('other')) === 'run');
  await stopJob(remote, { operationId: job.operationId, step: 'data' });
  expect((await stopped).exit).toBe(143);
  expect((await untouched).exit).toBe(0);
});

test('changing jobs of one host wait for each other and say for whom; a reader does not wait', async () => {
  const first = request('count', ['first', '5']);
  const second = request('count', ['second', '0'], { step: 'files' });
  const seen: HeartbeatDetail[] = [];
  const one = run(first);
  await until(async () => (await runs('first')) === 'run');
  const two = run(second, undefined, seen);
  expect((await run(request('count', ['reader', '0'], { exclusive: false }))).exit).toBe(0);
  expect(await runs('second')).toBe('');
  expect(await runs('first')).toBe('run');
  await Promise.all([one, two]);
  expect(await runs('second')).toBe('run\nend');
  expect(seen.map(({ phase }) => phase)).toContain(
    `waiting for the host, held by data (${first.operationId})`,
  );
});

test('a job that does not move is stopped and fails for good', async () => {
  await expect(run(request('stuck', ['stuck'], { stallSeconds: 3 }))).rejects.toMatchObject({
    type: 'JobStalled',
    nonRetryable: true,
    message: expect.stringMatching(/data on vps77.lab did not move for 3 s.*copying[^]*before$/) as string,
  });
  expect(await shell('systemctl list-units --all --no-legend "myc-*"')).toBe('');
});

test('a killed job ends with the code of its signal', async () => {
  const job = request('count', ['killed', '60']);
  const running = run(job);
  await until(async () => (await runs('killed')) === 'run');
  await shell('systemctl kill --signal=KILL "myc-*"');
  expect((await running).exit).toBe(137);
});

test.each(['orderly', 'power-cut'] as const)(
  'a job cut off by a reboot (%s) is started again',
  async (how) => {
    const job = request('count', [how, '6']);
    const cut = run(job).catch((error: unknown) => error);
    await until(async () => (await runs(how)) === 'run');
    await host.reboot(how);
    expect(await cut).toMatchObject({ type: 'HostUnreachable' });
    expect(await run(job)).toMatchObject({ exit: 0, ranNow: true });
    expect(await runs(how)).toBe('run\nrun\nend');
  },
);

test('a login that is not root runs everything through sudo', async () => {
  await shell('lab-authorize debian < /root/.ssh/authorized_keys');
  remote.close();
  remote = connection('debian');
  expect((await remote.exec(['id', '-un'])).stdout).toBe('root\n');
  expect(await run(request('count', ['sudo', '0']))).toMatchObject({ exit: 0 });
  expect(await runs('sudo')).toBe('run\nend');
});
