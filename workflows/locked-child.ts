import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ParentClosePolicy, executeChild, sleep } from '@temporalio/workflow';

/** A child has no conflict policy: while another operation holds the lock, try again on a timer. */
export async function lockedChild<I, R>(workflowType: string, workflowId: string, input: I): Promise<R> {
  for (let waitSeconds = 2; ; waitSeconds = Math.min(waitSeconds * 2, 60))
    try {
      return await executeChild<(input: I) => Promise<R>>(workflowType, {
        workflowId,
        args: [input],
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      // Soon at first, for a short operation; then once a minute, since each try adds some nine events to the history.
      await sleep(waitSeconds * 1000);
    }
}
