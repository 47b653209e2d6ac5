import { patched, sleep } from '@temporalio/workflow';
import type { Ident } from '../contract/names.js';
import type { BackupInput, OperationResult } from '../contract/operations.js';
import { startUnderLock, startWaiter } from './under-lock.js';

/**
 * Backs a host up under its mirror's lock, and ends as that backup does. While another holds the
 * lock, a child waits: whoever holds it may ask a person and be answered days later, and each try
 * adds events to the history of the one that tries.
 */
export async function backUpUnderLock(input: BackupInput, ident: Ident): Promise<OperationResult> {
  const locked = { operation: 'backup', input, ident } as const;
  for (let waitSeconds = 2; ; waitSeconds = Math.min(waitSeconds * 2, 60)) {
    const running = await startUnderLock(locked);
    if (running !== undefined) return running.result();
    if (patched('backup-waits-in-a-child')) return (await startWaiter(locked)).result();
    // Runs that were open when waiters were new tried again by themselves.
    await sleep(waitSeconds * 1000);
  }
}
