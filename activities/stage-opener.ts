import type { Context } from '@temporalio/activity';
import { hostWorkflowId } from '../workflows/contract/ids.js';
import { type HostName, parseHostName, parseOperationId } from '../workflows/contract/names.js';
import { commandWord } from '../workflows/contract/operations.js';
import type { StageInput } from './activities.js';
import type { Remotes } from './adapters/remote/remote.js';
import { type ControlPlane, claimHost } from './claim.js';
import type { StageContext } from './converge.js';
import { reaching } from './patience.js';
import { stopByPrefix } from './run-job.js';

export interface StageDependencies {
  remotes: Remotes;
  controlPlane: () => Promise<ControlPlane>;
}

/** How each activity on a host begins: connected, the host ours, and nothing of a terminated operation still changing it. */
export function stageOpener({ remotes, controlPlane }: StageDependencies) {
  /**
   * The run that last found each host so: asked once, also by stages that begin together; job.sh
   * asks again before anything starts. A run and not an operation: one that was reset has lost the
   * host to the operation that came in between.
   */
  const begun = new Map<string, { run: string; claimed: Promise<unknown> }>();

  return async (context: Context, input: StageInput): Promise<StageContext> => {
    const operationId = parseOperationId(input.operationId);
    const host = parseHostName(input.host);
    const remote = await remotes.host(host);
    const { cancellationSignal: signal, info } = context;
    const onProgress = (detail: unknown): void => context.heartbeat(detail);
    const begin = { remote, signal, onProgress, retried: info.attempt > 1 };
    const run = `${operationId} ${info.workflowExecution?.runId ?? ''}`;
    const known = begun.get(host);
    if (known?.run === run) {
      await known.claimed;
      return begin;
    }
    const claimed = claim(host);
    begun.set(host, { run, claimed });
    try {
      return { ...begin, before: await claimed };
    } catch (error) {
      if (begun.get(host)?.claimed === claimed) begun.delete(host);
      throw error;
    }

    /** What it comes to, as people read it. */
    async function claim(host: HostName): Promise<string[]> {
      const holdsHost = info.workflowExecution?.workflowId === hostWorkflowId(host);
      const operation = holdsHost
        ? {
            id: operationId,
            word: commandWord(info.workflowType ?? 'operation'),
            scheduledMs: info.scheduledTimestampMs,
          }
        : undefined;
      const plane = await controlPlane();
      const { takenFrom, left } = await reaching(info, input, host, () =>
        claimHost(remote, input, plane, { operation, signal }),
      );
      for (const { key } of left) await stopByPrefix(remote, key);
      return [
        ...(takenFrom === undefined ? [] : [`took the host over from ${takenFrom}`]),
        ...left.map(({ holder }) => `stopped what still ran of an earlier operation: ${holder}`),
      ];
    }
  };
}
