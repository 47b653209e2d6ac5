import { readFile } from 'node:fs/promises';
import type { HeartbeatDetail } from '../workflows/contract/progress.js';
import type { StageInput, StageResult } from './activities.js';
import type { Remote } from './adapters/remote/remote.js';
import { type DesiredState, type Item, differing, items, summary } from './commands/desired-state.js';
import { jobFailed, lookFailed } from './failures.js';
import { runJob } from './run-job.js';

const script = new URL('scripts/converge.sh', import.meta.url);

export interface StageContext {
  remote: Remote;
  onProgress: (detail: HeartbeatDetail) => void;
  signal: AbortSignal;
  /** The control plane that managed the host until now, when it was taken over for this stage. */
  takenFrom?: string | undefined;
}

/** Look, then act: one round trip says what differs; a named job changes that and nothing else. */
export async function converge(
  context: StageContext,
  input: StageInput,
  state: DesiredState,
): Promise<StageResult> {
  const { remote, onProgress, signal, takenFrom } = context;
  const all = items(state);
  onProgress({ step: input.step, phase: 'looking' });
  const differs = differing(all, await look(remote, input.host, all, signal));
  const result = told(differs, takenFrom);
  if (differs.length === 0 || input.dryRun) return result;
  const { exit, lastLines } = await runJob(
    remote,
    {
      operationId: input.operationId,
      step: input.step,
      script: 'converge',
      args: ['apply'],
      input: lines(differs, 'apply'),
    },
    onProgress,
    signal,
  );
  if (exit !== 0) throw jobFailed({ host: input.host, step: input.step, exit, lastLines });
  return result;
}

function told(differs: readonly Item[], takenFrom: string | undefined): StageResult {
  const changed = differs.map((item) => item.change);
  if (takenFrom === undefined) return { changed, summary: summary(differs) };
  const taken = `took the host over from ${takenFrom}`;
  return {
    changed: [taken, ...changed],
    summary: differs.length === 0 ? taken : `${taken}; ${summary(differs)}`,
  };
}

async function look(
  remote: Remote,
  host: string,
  all: readonly Item[],
  signal: AbortSignal,
): Promise<string> {
  const argv = ['bash', '-c', await readFile(script, 'utf8'), 'converge', 'look'];
  const { exit, stdout, stderr } = await remote.exec(argv, { stdin: lines(all, 'look'), signal });
  if (exit === 0) return stdout;
  throw lookFailed(host, stderr);
}

const lines = (some: readonly Item[], part: 'look' | 'apply'): string =>
  some.map((item) => `${item[part]}\n`).join('');
