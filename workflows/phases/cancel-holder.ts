import { getExternalWorkflowHandle } from '@temporalio/workflow';

/**
 * Cancels whatever holds the lock. It may have ended in this moment; then the next try gets the
 * lock.
 */
export const cancelHolder = (lock: string): Promise<void> =>
  getExternalWorkflowHandle(lock)
    .cancel()
    .catch(() => undefined);
