import {
  SearchAttributeType,
  TypedSearchAttributes,
  WorkflowExecutionAlreadyStartedError,
  defineSearchAttributeKey,
} from '@temporalio/common';
import { ParentClosePolicy, executeChild, sleep } from '@temporalio/workflow';

const hostKey = defineSearchAttributeKey('Host', SearchAttributeType.KEYWORD);
const operationKey = defineSearchAttributeKey('Operation', SearchAttributeType.KEYWORD);

/**
 * A child under a lock that is not its host's name (a mirror's, a renewal's): while another holds it, try again on a timer.
 * Only for locks that are held shortly; fleets and people wait through phases/under-lock.ts, with a history of its own.
 */
export async function lockedChild<I extends { host: string }, R>(
  workflowType: string,
  workflowId: string,
  input: I,
): Promise<R> {
  for (let waitSeconds = 2; ; waitSeconds = Math.min(waitSeconds * 2, 60))
    try {
      return await executeChild<(input: I) => Promise<R>>(workflowType, {
        workflowId,
        args: [input],
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        typedSearchAttributes: new TypedSearchAttributes([
          { key: hostKey, value: input.host },
          { key: operationKey, value: workflowType },
        ]),
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      // Soon at first, for a short operation; then once a minute, since each try adds some nine events to the history.
      await sleep(waitSeconds * 1000);
    }
}
