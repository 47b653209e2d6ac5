import type { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { hostWorkflowId } from '../workflows/contract/ids.js';
import { parseHostName, parseOperationId } from '../workflows/contract/names.js';
import type { StageInput } from './activities.js';
import type { Remotes } from './adapters/remote/remote.js';
import { type ControlPlane, claimHost } from './claim.js';
import type { StageContext } from './converge.js';
import { hostNeverReached } from './failures.js';
import { stopByPrefix } from './run-job.js';

type Info = Context['info'];

export interface StageDependencies {
  remotes: Remotes;
  controlPlane: () => Promise<ControlPlane>;
}

/** How each activity on a host begins: connected, the host ours, and nothing of a terminated operation still changing it. */
export function stageOpener({ remotes, controlPlane }: StageDependencies) {
  /** The operation that last found each host so: asked once for each, and job.sh asks again before anything starts. */
  const begun = new Map<string, string>();

  return async (context: Context, input: StageInput): Promise<StageContext> => {
    const operationId = parseOperationId(input.operationId);
    const host = parseHostName(input.host);
    const remote = await remotes.host(host);
    const { cancellationSignal: signal, info } = context;
    const onProgress = (detail: unknown): void => context.heartbeat(detail);
    const begin = { remote, signal, onProgress, retried: info.attempt > 1 };
    if (begun.get(host) === operationId) return begin;

    const holdsHost = info.workflowExecution?.workflowId === hostWorkflowId(host);
    const operation = holdsHost ? operationId : undefined;
    const { takenFrom, left } = await claimHost(remote, input, await controlPlane(), {
      operation,
      signal,
    }).catch((error: unknown) => {
      throw input.first && !wasReached(info) ? impatient(error, host, info) : error;
    });
    for (const { key } of left) await stopByPrefix(remote, key);
    begun.set(host, operationId);
    const before = [
      ...(takenFrom === undefined ? [] : [`took the host over from ${takenFrom}`]),
      ...left.map(({ holder }) => `stopped what still ran of an earlier operation: ${holder}`),
    ];
    return { ...begin, before };
  };
}

/** Heartbeats begin once the host was reached, and outlive attempts and workers. */
const wasReached = ({ heartbeatDetails }: Info): boolean => heartbeatDetails !== undefined;

/** A host that reboots is back by then; who waits for longer watches an address that is wrong. */
const patienceSeconds = 60;

function impatient(error: unknown, host: string, { scheduledTimestampMs }: Info): unknown {
  const seconds = Math.round((Date.now() - scheduledTimestampMs) / 1000);
  const unreachable = error instanceof ApplicationFailure && error.type === 'HostUnreachable';
  return unreachable && seconds >= patienceSeconds ? hostNeverReached(host, seconds, error) : error;
}
