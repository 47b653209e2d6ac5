import type { StageInput } from './activities.js';
import type { Remote } from './adapters/remote/remote.js';
import { hostUnreachable, jobFailed } from './failures.js';
import { jobPrefix } from './job-key.js';
import type { OnProgress } from './job.js';
import { brokenRunner, isCancelled, progressDetail, runner, stallWatch, stopByPrefix } from './run-job.js';

/**
 * What an earlier attempt of a step started, for a step whose jobs depend on what it finds: waits for what still runs, and
 * returns the results. Those of `subject` when one is given: jobs of one step may be of several kinds. A later look would see a
 * host in the middle of a change, and start a second job beside the first.
 */
export async function joinJobs(
  remote: Remote,
  { host, operationId, step }: StageInput,
  onProgress: OnProgress,
  signal: AbortSignal,
  subject?: string,
): Promise<string[]> {
  const prefix = jobPrefix({ operationId, step, ...(subject === undefined ? {} : { subject }) });
  const stalled = new AbortController();
  const watch = stallWatch({}, (phase) => stalled.abort(new Error(phase)));
  const results: string[] = [];
  let job = '';
  let failed: { exit: number; lastLines: string[] } | undefined;
  let vanished = false;
  const onLine = (line: string): void => {
    const [, word, rest = ''] = /^(\w+) ?(.*)$/.exec(line) ?? [];
    if (word === 'job') job = rest;
    else if (word === 'vanished') vanished = true;
    else if (word === 'result') results.push(Buffer.from(rest, 'base64').toString('utf8'));
    else if (word === 'exit' && rest !== '0') failed ??= { exit: Number(rest), lastLines: [] };
    else if (word === 'output') failed?.lastLines.push(rest.slice(0, 1000));
    else if (word === 'progress') {
      const detail = progressDetail(rest, step, job);
      watch(rest, detail.phase);
      onProgress(detail);
    }
  };
  try {
    const { exit, stderr } = await remote.exec(['bash', '-c', await runner(), 'job.sh', 'join', prefix], {
      onLine,
      signal: AbortSignal.any([signal, stalled.signal]),
      timeoutSeconds: 0,
    });
    if (exit !== 0) throw brokenRunner(remote, `waited for (${step})`, stderr);
  } catch (error) {
    if (stalled.signal.aborted || isCancelled(signal)) await stopByPrefix(remote, prefix);
    throw error;
  }
  if (vanished) throw hostUnreachable(host, `it went down while ${step} ran`);
  if (failed !== undefined) throw jobFailed({ host, step, ...failed });
  return results;
}
