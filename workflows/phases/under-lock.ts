import {
  SearchAttributeType,
  TypedSearchAttributes,
  WorkflowExecutionAlreadyStartedError,
  defineSearchAttributeKey,
} from '@temporalio/common';
import { type ChildWorkflowHandle, ParentClosePolicy, startChild } from '@temporalio/workflow';
import { lockWorkflowId, waiterWorkflowId } from '../contract/ids.js';
import { accepting } from '../steps.js';
import type { OperationInput, OperationName, OperationResult, WaiterInput } from '../contract/operations.js';

type Operation = (input: OperationInput | WaiterInput) => Promise<OperationResult>;
export type RunningOperation = ChildWorkflowHandle<Operation>;

/** Starts the operation as a child under its lock; undefined while another holds it: a child has no conflict policy. */
export async function startUnderLock(
  operation: OperationName,
  input: OperationInput,
): Promise<RunningOperation | undefined> {
  const workflowId = accepting(() => lockWorkflowId(operation, input.host));
  try {
    return await startChild<Operation>(operation, {
      workflowId,
      args: [input],
      ...options(operation, input),
    });
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
    throw error;
  }
}

/** A child that waits for the lock, with a history of its own, and ends as the operation did. */
export function startWaiter(operation: OperationName, input: OperationInput): Promise<RunningOperation> {
  const workflowId = waiterWorkflowId(input.host, input.operationId);
  const args: [WaiterInput] = [{ operation, input }];
  return startChild<Operation>('waiter', { workflowId, args, ...options(operation, input) });
}

const hostKey = defineSearchAttributeKey('Host', SearchAttributeType.KEYWORD);
const operationKey = defineSearchAttributeKey('Operation', SearchAttributeType.KEYWORD);

const options = (operation: OperationName, { host }: OperationInput) => ({
  // An operation is never cut off: it is asked to stop, and cleans up.
  parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
  typedSearchAttributes: new TypedSearchAttributes([
    { key: hostKey, value: host },
    { key: operationKey, value: operation },
  ]),
});
