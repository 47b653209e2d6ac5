import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, getExternalWorkflowHandle, sleep, startChild } from '@temporalio/workflow';
import { backupWorkflowId } from '../contract/ids.js';
import type { Ident } from '../contract/names.js';
import type { OperationInput } from '../contract/operations.js';
import { type holdBackup, releaseSignal } from '../hold-backup.js';

export interface HeldMirror {
  release: () => Promise<void>;
}

/** Takes `backup/<ident>`; a backup that runs is cancelled when `cancelRunning`, else waited for. */
export async function holdMirror(
  { host, operationId }: OperationInput,
  ident: Ident,
  cancelRunning: boolean,
): Promise<HeldMirror> {
  const workflowId = backupWorkflowId(ident);
  for (let waitSeconds = 1; ; waitSeconds = Math.min(waitSeconds * 2, 30))
    try {
      const child = await startChild<typeof holdBackup>('holdBackup', {
        workflowId,
        args: [{ ident, host, operationId }],
        // The lock ends with the recovery, however that ends.
        parentClosePolicy: ParentClosePolicy.TERMINATE,
      });
      return {
        release: async () => {
          await child.signal(releaseSignal, operationId);
          await child.result();
        },
      };
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      // It may have ended in this moment; then the next try gets the lock.
      if (cancelRunning)
        await getExternalWorkflowHandle(workflowId)
          .cancel()
          .catch(() => undefined);
      await sleep(waitSeconds * 1000);
    }
}
