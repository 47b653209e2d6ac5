import { readFile } from 'node:fs/promises';
import type { HeartbeatDetail } from '../workflows/contract/progress.js';
import type { Remote } from './adapters/remote/remote.js';
import { otherControlPlane, recordFault } from './claim.js';
import { masked } from './commands/known-secrets.js';
import {
  controlPlaneUnclear,
  hostHeldByLater,
  hostManagedElsewhere,
  hostUnreachable,
  jobStalled,
} from './failures.js';
import { type JobSelector, jobKey, jobPrefix } from './job-key.js';
import type { JobRequest, JobResult, RunJob } from './job.js';

const defaultStallSeconds = 600;
/** Systemd gives a unit 30 s to end before it kills it; several may have to be stopped. */
const stopTimeoutSeconds = 300;

const ownScripts = new URL('scripts/', import.meta.url);
/** What job.sh needs goes before it: the host keeps all of it with each job. */
export const runner = async (): Promise<string> =>
  (
    await Promise.all(
      ['lib/records', 'job'].map((name) => readFile(new URL(`${name}.sh`, ownScripts), 'utf8')),
    )
  ).join('');

export const runJob: RunJob = (remote, request, onProgress, signal) =>
  runJobFrom(ownScripts, remote, request, onProgress, signal);

/** runJob with scripts of another folder. */
export async function runJobFrom(
  scripts: URL,
  ...[remote, request, onProgress, signal]: Parameters<RunJob>
): Promise<JobResult> {
  const files = [...(request.libraries ?? []).map((name) => `lib/${name}`), request.script];
  const script = Buffer.concat(
    await Promise.all(files.map((file) => readFile(new URL(`${file}.sh`, scripts)))),
  );
  const key = jobKey(request, script);
  const stalled = new AbortController();
  const watch = stallWatch(request, (phase) => stalled.abort(phase));
  try {
    return await attend(remote, request, key, script, AbortSignal.any([signal, stalled.signal]), (line) => {
      const detail = progressDetail(line, request.step, key);
      watch(line, detail.phase);
      onProgress(detail);
    });
  } catch (error) {
    if (stalled.signal.aborted) return await endStalled(stalled.signal.reason as string);
    // A worker that shuts down leaves the job to the next attempt; only a cancelled step takes its job along.
    if (isCancelled(signal)) await stopByPrefix(remote, key);
    throw error;
  }

  async function endStalled(phase: string): Promise<never> {
    await stopByPrefix(remote, key);
    const { lastLines } = await attend(remote, request, key, script, signal, () => undefined);
    const seconds = request.stallSeconds ?? defaultStallSeconds;
    throw jobStalled({ ...jobOf(remote, request), seconds, phase, lastLines });
  }
}

export const isCancelled = (signal: AbortSignal): boolean =>
  signal.aborted && (signal.reason as Error | undefined)?.message === 'CANCELLED';

/** Stops what still runs of the selected jobs and waits for its end; none of them is started again. */
export async function stopJob(remote: Remote, selector: JobSelector): Promise<void> {
  await stopByPrefix(remote, jobPrefix(selector));
}

/** The same, for the jobs whose keys begin so: one key is that job. */
export async function stopByPrefix(remote: Remote, prefix: string): Promise<void> {
  const argv = ['bash', '-c', await runner(), 'job.sh', 'stop', prefix];
  const { exit, stderr } = await remote.exec(argv, { timeoutSeconds: stopTimeoutSeconds });
  if (exit !== 0) throw brokenRunner(remote, 'stopped', stderr);
}

/** One SSH command: sends, starts or attaches, and reads until the record is complete. */
async function attend(
  remote: Remote,
  request: JobRequest,
  key: string,
  script: Buffer,
  signal: AbortSignal,
  onLine: (progress: string) => void,
): Promise<JobResult> {
  const input = Buffer.from(request.input ?? '');
  const holder = `${request.step} (${request.operationId})`;
  const exclusive = { true: 'yes', false: 'no', beside: 'beside' }[`${request.exclusive ?? true}`];
  const sizes = [String(script.length), String(input.length)];
  const record: JobResult = { exit: -1, result: '', lastLines: [], ranNow: true };
  let vanished = false;
  let manager: string | undefined;
  let fault: string | undefined;
  let displaced: string | undefined;
  const read = (line: string) => {
    const [, word, rest = ''] = /^(\w+) ?(.*)$/.exec(line) ?? [];
    if (word === 'progress') onLine(rest);
    else if (word === 'state') record.ranNow = rest !== 'finished';
    else if (word === 'vanished') vanished = true;
    else if (word === 'refused') manager = otherControlPlane(rest);
    else if (word === 'displaced') displaced = rest;
    else if (word === 'fault') fault = recordFault(rest);
    else if (word === 'exit') record.exit = /^\d{1,3}$/.test(rest) ? Number(rest) : -1;
    else if (word === 'result') record.result = Buffer.from(rest, 'base64').toString('utf8');
    else if (word === 'output') record.lastLines.push(masked(rest, request.secrets).slice(0, 1000));
  };
  const { exit, stderr } = await remote.exec(
    [
      'bash',
      '-c',
      await runner(),
      'job.sh',
      'run',
      remote.controlPlane ?? '-',
      key,
      exclusive,
      holder,
      ...sizes,
      ...(request.args ?? []),
    ],
    { stdin: Buffer.concat([script, input]), onLine: read, signal, timeoutSeconds: 0 },
  );
  const host = remote.name ?? 'the host';
  if (manager !== undefined) throw hostManagedElsewhere(host, manager);
  if (fault !== undefined) throw controlPlaneUnclear(host, fault);
  if (displaced !== undefined) throw hostHeldByLater(host, displaced);
  if (vanished) throw hostUnreachable(host, `it went down while ${request.step} ran, which is started again`);
  if (exit !== 0 || record.exit < 0) throw brokenRunner(remote, `run (${request.step})`, stderr);
  return record;
}

/** Progress is movement: what the script says of it, or more output. */
export function stallWatch(request: Pick<JobRequest, 'stallSeconds'>, onStall: (phase: string) => void) {
  const limitMs = (request.stallSeconds ?? defaultStallSeconds) * 1000;
  let last = '';
  let movedAt = performance.now();
  return (line: string, phase: string) => {
    // Who holds the host has a limit of its own.
    if (line !== last || phase.startsWith('waiting for the host')) movedAt = performance.now();
    else if (performance.now() - movedAt > limitMs) onStall(phase);
    last = line;
  };
}

/** From `OUTPUT_BYTES PHASE [BYTES [TOTAL]]`. */
export function progressDetail(line: string, step: string, job: string): HeartbeatDetail {
  const [, phase = '', bytes, total] = /^\d+ (.*?)(?: (\d+))?(?: (\d+))?$/.exec(line) ?? [];
  return {
    step,
    phase,
    job,
    ...(bytes === undefined ? {} : { bytes: Number(bytes) }),
    ...(total === undefined ? {} : { totalBytes: Number(total) }),
  };
}

function jobOf(remote: Remote, { step, subject }: JobRequest) {
  return { host: remote.name ?? 'the host', step, ...(subject === undefined ? {} : { subject }) };
}

/** Retryable: a full disk or a sudo that refuses may be put right meanwhile. */
export function brokenRunner(remote: Remote, what: string, stderr: string): Error {
  const why = stderr.trim().split('\n').slice(-5).join('; ') || 'it said nothing';
  return new Error(
    `a job cannot be ${what} on ${remote.name ?? 'the host'}: ${why}; it needs root, systemd and room in /var/lib`,
  );
}
