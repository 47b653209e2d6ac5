import { CancellationScope, condition, defineSignal, setHandler } from '@temporalio/workflow';
import type { HoldBackupInput, OperationResult } from './contract/operations.js';
import { Steps } from './steps.js';

/** An argument makes it a signal of somebody with the key: a signal without one is not believed. */
export const releaseSignal = defineSignal<[operationId: string]>('release');

/**
 * Holds `backup/<ident>` for a recovery, so that nothing writes the mirror while it is read. Only its parent lets it go: another
 * recovery, which cancels whatever backup holds the lock, does not get past it.
 */
export async function holdBackup({ ident, host, operationId }: HoldBackupInput): Promise<OperationResult> {
  let released = false;
  setHandler(releaseSignal, (by) => void (released ||= by === operationId));
  const steps = new Steps({ operation: 'hold-backup', subject: ident, operationId, dryRun: false }, [
    { id: 'hold', title: `held by a recovery to ${host}` },
  ]);
  await steps.run('hold', async () => {
    await CancellationScope.nonCancellable(() => condition(() => released));
    return 'released';
  });
  return steps.ended({ host, changed: [], summary: 'released' });
}
