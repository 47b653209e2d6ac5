import {
  SearchAttributeType,
  TypedSearchAttributes,
  WorkflowExecutionAlreadyStartedError,
  defineSearchAttributeKey,
} from '@temporalio/common';
import {
  ChildWorkflowCancellationType,
  type ChildWorkflowHandle,
  ParentClosePolicy,
  defineSignal,
  startChild,
} from '@temporalio/workflow';
import {
  backupWorkflowId,
  lockWorkflowId,
  mirrorWaiterWorkflowId,
  waiterWorkflowId,
} from '../contract/ids.js';
import { parseIdent } from '../contract/names.js';
import type { OperationInput, OperationResult, WaiterInput } from '../contract/operations.js';
import { accepting } from '../steps.js';

type Operation = (input: OperationInput | WaiterInput) => Promise<OperationResult>;
export type RunningOperation = ChildWorkflowHandle<Operation>;

/** An operation, and the lock that it runs under. */
export type Locked = Pick<WaiterInput, 'operation' | 'input' | 'ident'>;

/**
 * Tells the parent that the operation has begun. An argument makes it a signal of somebody with the
 * key.
 */
export const startedSignal = defineSignal<[operationId: string]>('started');

/** The workflow id that the operation runs under. */
export const lockOf = ({ operation, input, ident }: Locked): string =>
  accepting(() =>
    ident === undefined ? lockWorkflowId(operation, input.host) : backupWorkflowId(parseIdent(ident)),
  );

/** Starts the operation as a child under its lock; undefined while another holds it: a child has no conflict policy. */
export async function startUnderLock(
  locked: Locked,
  cancellationType: ChildWorkflowCancellationType = ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
): Promise<RunningOperation | undefined> {
  const { operation, input } = locked;
  try {
    return await startChild<Operation>(operation, {
      workflowId: lockOf(locked),
      args: [input],
      cancellationType,
      ...options(locked),
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
    throw error;
  }
}

/** A child that waits for the lock, with a history of its own, and ends as the operation did. */
export function startWaiter(waiting: WaiterInput): Promise<RunningOperation> {
  const { input, ident } = waiting;
  const workflowId =
    ident === undefined
      ? waiterWorkflowId(input.host, input.operationId)
      : mirrorWaiterWorkflowId(ident, input.operationId);
  return startChild<Operation>('waiter', { workflowId, args: [waiting], ...options(waiting) });
}

const hostKey = defineSearchAttributeKey('Host', SearchAttributeType.KEYWORD);
const operationKey = defineSearchAttributeKey('Operation', SearchAttributeType.KEYWORD);

const options = ({ operation, input: { host } }: Locked) => ({
  // An operation is never cut off: it is asked to stop, and cleans up. A held mirror ends with its recovery, however that ends.
  parentClosePolicy:
    operation === 'holdBackup' ? ParentClosePolicy.TERMINATE : ParentClosePolicy.REQUEST_CANCEL,
  typedSearchAttributes: new TypedSearchAttributes([
    { key: hostKey, value: host },
    { key: operationKey, value: operation },
  ]),
});
