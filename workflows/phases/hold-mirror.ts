import {
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  patched,
  setHandler,
  sleep,
} from '@temporalio/workflow';
import type { Ident } from '../contract/names.js';
import type { HoldBackupInput, OperationInput } from '../contract/operations.js';
import { releaseSignal } from '../hold-backup.js';
import { cancelHolder } from './cancel-holder.js';
import { lockOf, startUnderLock, startWaiter, startedSignal } from './under-lock.js';

export interface HeldMirror {
  release: () => Promise<void>;
}

/** Takes `backup/<ident>`; a backup that runs is cancelled when `cancelRunning`, else waited for. */
export async function holdMirror(
  { host, operationId }: OperationInput,
  ident: Ident,
  cancelRunning: boolean,
): Promise<HeldMirror> {
  const input: HoldBackupInput = { ident, host, operationId };
  const locked = { operation: 'holdBackup', input, ident } as const;
  for (let waitSeconds = 1; ; waitSeconds = Math.min(waitSeconds * 2, 30)) {
    const holding = await startUnderLock(locked);
    if (holding !== undefined)
      return {
        release: async () => {
          await holding.signal(releaseSignal, operationId);
          await holding.result();
        },
      };
    if (patched('mirror-waits-in-a-child')) return holdWhenFree(input, cancelRunning);
    // Runs that were open when waiters were new tried again by themselves.
    if (cancelRunning) await cancelHolder(lockOf(locked));
    await sleep(waitSeconds * 1000);
  }
}

/**
 * A child waits, with a history of its own: what holds the mirror may ask a person and be answered
 * days later.
 */
async function holdWhenFree(input: HoldBackupInput, cancelRunning: boolean): Promise<HeldMirror> {
  const { operationId, ident } = input;
  const waiting = { operation: 'holdBackup', input, ident } as const;
  let held = false;
  let ended = false;
  setHandler(startedSignal, (by) => void (held ||= by === operationId));

  // Once it holds the mirror, a cancelled recovery still needs it, until its clean-up is over.
  const [own, waiter] = await CancellationScope.nonCancellable(async () => {
    const scope = new CancellationScope();
    const asked = { ...waiting, cancelHolder: cancelRunning, tellParent: true };
    return [scope, await scope.run(() => startWaiter(asked))] as const;
  });
  const result = waiter.result().finally(() => (ended = true));
  // Nobody waits for it while the mirror is held.
  result.catch(() => undefined);

  try {
    await condition(() => held || ended);
  } catch (error) {
    own.cancel();
    await CancellationScope.nonCancellable(() => result.catch(() => undefined));
    throw error;
  }
  // It ended before it held anything: its failure says why.
  if (!held) await result;
  return {
    release: async () => {
      await getExternalWorkflowHandle(lockOf(waiting)).signal(releaseSignal, operationId);
      await result;
    },
  };
}
