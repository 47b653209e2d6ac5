import type { HeartbeatDetail } from '../workflows/contract/progress.js';
import type { StageInput, StageResult } from './activities.js';
import type { Remote } from './adapters/remote/remote.js';
import { type DesiredState, type Item, differing, items, summary } from './commands/desired-state.js';
import { joinJobs } from './join-jobs.js';
import { jobFailed } from './failures.js';
import { lookAt } from './look-at.js';
import { runJob } from './run-job.js';

export interface StageContext {
  remote: Remote;
  onProgress: (detail: HeartbeatDetail) => void;
  signal: AbortSignal;
  /** What had to be done before the stage could begin, told with its changes. */
  before?: readonly string[];
  /** An earlier attempt of this activity may have started a job. */
  retried?: boolean;
}

/** What converge.sh needs before it. */
const libraries = ['files', 'apt'];

/** Look, then act: one round trip says what differs; a named job changes that and nothing else. */
export async function converge(
  context: StageContext,
  input: StageInput,
  state: DesiredState,
): Promise<StageResult> {
  const { remote, onProgress, signal, before = [], retried = false } = context;
  const all = items(state);
  onProgress({ step: input.step, phase: 'looking' });
  // Its job has none.
  const earlier = retried ? await joinJobs(remote, input, onProgress, signal, '') : [];
  const said = await lookAt(remote, 'converge', ['look'], { libraries, signal, stdin: lines(all, 'look') });
  const differs = differing(all, said);
  const now = told(differs);
  const result = joined([
    { changed: [...before], summary: before.join('; ') },
    ...earlier.map(parseTold),
    now,
  ]);
  if (differs.length === 0 || input.dryRun) return result;
  const { exit, lastLines } = await runJob(
    remote,
    {
      operationId: input.operationId,
      step: input.step,
      script: 'converge',
      libraries,
      args: ['apply', JSON.stringify(now)],
      input: lines(differs, 'apply'),
    },
    onProgress,
    signal,
  );
  if (exit !== 0) throw jobFailed({ host: input.host, step: input.step, exit, lastLines });
  return result;
}

const told = (differs: readonly Item[]): StageResult => ({
  changed: differs.map((item) => item.change),
  summary: differs.length === 0 ? '' : summary(differs),
});

/** As a job of ours recorded it; one that was ended before its end recorded nothing. */
function parseTold(result: string): StageResult {
  if (result === '') return { changed: [], summary: '' };
  return JSON.parse(result) as StageResult;
}

/** Each change is told once, however many attempts it took. */
const joined = (parts: readonly StageResult[]): StageResult => ({
  changed: [...new Set(parts.flatMap(({ changed }) => changed))],
  summary: [...new Set(parts.map((part) => part.summary))].filter((part) => part !== '').join('; '),
});

const lines = (some: readonly Item[], part: 'look' | 'apply'): string =>
  some.map((item) => `${item[part]}\n`).join('');
