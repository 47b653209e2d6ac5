import { CancellationScope, condition, defineSignal, setHandler } from '@temporalio/workflow';
import { Steps } from './steps.js';

export interface HoldBackupInput {
  ident: string;
  host: string;
  operationId: string;
}

/** An argument makes it a signal of somebody with the key: a signal without one is not believed. */
export const releaseSignal = defineSignal<[operationId: string]>('release');

/**
 * Holds `backup/<ident>` for a recovery, so that nothing writes the mirror while it is read. Only its parent lets it go: another
 * recovery, which cancels whatever backup holds the lock, does not get past it.
 */
export async function holdBackup({ ident, host, operationId }: HoldBackupInput): Promise<void> {
  let released = false;
  setHandler(releaseSignal, (by) => void (released ||= by === operationId));
  const steps = new Steps({ operation: 'hold-backup', subject: ident, operationId, dryRun: false }, [
    { id: 'hold', title: `held by a recovery to ${host}` },
  ]);
  await steps.run('hold', async () => {
    await CancellationScope.nonCancellable(() => condition(() => released));
    return 'released';
  });
}
