import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { ExecOptions, ExecResult, Remote } from '../../activities/adapters/remote/remote.js';
import { jobKey, jobPrefix } from '../../activities/job-key.js';
import type { JobRequest } from '../../activities/job.js';
import { runJob, runner, stopJob } from '../../activities/run-job.js';

const request: JobRequest = {
  operationId: '20261123T031500Z-k3x9qa',
  step: 'Data base',
  subject: 'odoo/prod',
  script: 'job',
  args: ["it's"],
  input: 'sécret',
};

/** A host whose job.sh says these lines. */
function hostSaying(lines: string[], result: Partial<ExecResult> = {}) {
  const calls: { argv: readonly string[]; options: ExecOptions }[] = [];
  const remote: Remote = {
    name: 'vps1',
    exec: (argv, options = {}) => {
      calls.push({ argv, options });
      for (const line of lines) options.onLine?.(line);
      return Promise.resolve({ exit: 0, stdout: '', stderr: '', ...result });
    },
    openUnixSocket: () => Promise.reject(new Error('not asked for')),
  };
  return { remote, calls };
}

const run = (remote: Remote, more: Partial<JobRequest> = {}) => {
  const seen: object[] = [];
  const signal = new AbortController().signal;
  const ended = runJob(remote, { ...request, ...more }, (detail) => seen.push(detail), signal);
  return { ended, seen };
};

test('script and input go through stdin, their sizes and the arguments through argv', async () => {
  const { remote, calls } = hostSaying(['state started', 'exit 0', 'result ']);
  await run(remote).ended;
  const script = await readFile(new URL('../../activities/scripts/job.sh', import.meta.url));
  const key = jobKey(request, script);
  expect(calls).toHaveLength(1);
  expect(calls[0]?.argv).toEqual([
    ...[
      'bash',
      '-c',
      await runner(),
      'job.sh',
      'run',
      '-',
      key,
      'yes',
      'Data base (20261123T031500Z-k3x9qa)',
    ],
    ...[String(script.length), '7', "it's"],
  ]);
  expect(calls[0]?.options).toMatchObject({
    stdin: Buffer.concat([script, Buffer.from('sécret')]),
    timeoutSeconds: 0,
  });
});

test('the record is read, with every secret and every line of one masked', async () => {
  const result = Buffer.from('{"bytes":3}').toString('base64');
  const lines = [
    'state finished',
    'exit 4',
    `result ${result}`,
    'output pw=abc',
    'output  key line-2-of-it',
    'output ',
  ];
  const { remote } = hostSaying(lines);
  expect(await run(remote, { secrets: ['abc', '', 'line-1\nline-2-of-it'] }).ended).toEqual({
    exit: 4,
    result: '{"bytes":3}',
    lastLines: ['pw=***', ' key ***', ''],
    ranNow: false,
  });
});

test('progress becomes heartbeats, with and without bytes', async () => {
  const { remote } = hostSaying([
    'progress 0 starting',
    'progress 9 copying files 5',
    'progress 9 copying 5 10',
    'exit 0',
  ]);
  const { ended, seen } = run(remote);
  await ended;
  const job = expect.stringContaining(request.operationId) as string;
  expect(seen).toEqual([
    { step: 'Data base', job, phase: 'starting' },
    { step: 'Data base', job, phase: 'copying files', bytes: 5 },
    { step: 'Data base', job, phase: 'copying', bytes: 5, totalBytes: 10 },
  ]);
});

test('a job that vanished is worth another try', async () => {
  await expect(run(hostSaying(['state attached', 'vanished']).remote).ended).rejects.toMatchObject({
    type: 'HostUnreachable',
    nonRetryable: false,
  });
});

test('a host that cannot run jobs says why', async () => {
  const { remote } = hostSaying([], { exit: 1, stderr: 'No space left on device\n' });
  await expect(run(remote).ended).rejects.toThrow(/vps1: No space left on device/);
  await expect(stopJob(remote, request)).rejects.toThrow(/vps1: No space left on device/);
});

test('a key tells apart step, subject, script, arguments and input, and nothing else', () => {
  const keys = [
    request,
    { ...request, step: 'data-base' },
    { ...request, subject: 'odoo-prod' },
    { ...request, args: ['its'] },
    { ...request, args: [] },
    { ...request, input: '' },
    { ...request, exclusive: false },
  ].map((one) => jobKey(one, Buffer.from('script')));
  expect(new Set([...keys, jobKey(request, Buffer.from('another'))]).size).toBe(8);
  expect(jobKey({ ...request, stallSeconds: 5, secrets: ['x'] }, Buffer.from('script'))).toBe(keys[0]);
  expect(keys[0]).toMatch(/^20261123T031500Z-k3x9qa\.data-base\.odoo-prod\.[0-9a-f]{16}$/);
});

test('a selection is a prefix of the keys it selects and of no other step', () => {
  const { operationId } = request;
  const key = jobKey(request, Buffer.from('script'));
  for (const selector of [{ operationId }, { operationId, step: request.step }, request])
    expect(key.startsWith(jobPrefix(selector))).toBe(true);
  expect(key.startsWith(jobPrefix({ operationId, step: 'Data' }))).toBe(false);
});
