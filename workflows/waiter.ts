import {
  ChildWorkflowCancellationType,
  continueAsNew,
  getExternalWorkflowHandle,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { parseHostName, parseOperationId } from './contract/names.js';
import { type OperationResult, type WaiterInput, commandWord } from './contract/operations.js';
import { cancelHolder } from './phases/cancel-holder.js';
import { type RunningOperation, lockOf, startUnderLock, startedSignal } from './phases/under-lock.js';
import { Steps, accepting } from './steps.js';

/** Each try adds some nine events, or sixteen; a new run is cheaper than a long history. */
const eventsPerRun = 100;
/**
 * A lock that has become free is found after a hundredth of the time that was waited: a month of
 * tries is a few hundred runs.
 */
const waitedPerWait = 100;
const longestWaitSeconds = 1800;

/**
 * `start … --wait`, and whoever needs a held lock: tries on a timer until it is free; ends as the
 * operation did. Promises no order.
 */
export async function waiter(given: WaiterInput): Promise<OperationResult> {
  const { operation, input, ident } = given;
  const host = accepting(() => parseHostName(input.host));
  accepting(() => parseOperationId(input.operationId));
  const { waitSeconds = 2, waitingSinceMs = Date.now() } = given;
  const lock = lockOf(given);
  const busy = ident === undefined ? host : lock;
  const word = commandWord(operation);
  const { operationId, dryRun = false } = input;
  const steps = new Steps({ operation: word, subject: host, operationId, dryRun }, [
    { id: 'wait', title: 'wait' },
    { id: 'operation', title: word },
  ]);

  let running: RunningOperation | undefined;
  await steps.run('wait', async () => {
    while (workflowInfo().historyLength < eventsPerRun) {
      running = await startUnderLock(given, cancellationOf(given));
      if (running !== undefined) return 'free';
      if (given.cancelHolder === true) await cancelHolder(lock);
      const waitedSeconds = (Date.now() - waitingSinceMs) / 1000;
      const seconds = Math.min(Math.max(waitedSeconds / waitedPerWait, waitSeconds), longestWaitSeconds);
      steps.detail('wait', `${busy} is busy, tried again every ${Math.ceil(seconds)} s`);
      await sleep(seconds * 1000);
    }
    return `${busy} is busy`;
  });
  if (running === undefined) return continueAsNew<typeof waiter>({ ...given, waitingSinceMs });

  const operationRun = running;
  steps.child(operationRun.workflowId);
  const { parent } = workflowInfo();
  if (given.tellParent === true && parent !== undefined)
    await getExternalWorkflowHandle(parent.workflowId, parent.runId).signal(startedSignal, operationId);
  let outcome: OperationResult | undefined;
  await steps.run('operation', async () => {
    outcome = await operationRun.result();
    return outcome.summary;
  });
  return steps.ended(outcome!);
}

/**
 * A held mirror does not stop when it is asked: it is terminated with its waiter, which therefore
 * ends at once.
 */
const cancellationOf = ({ operation }: WaiterInput): ChildWorkflowCancellationType =>
  operation === 'holdBackup'
    ? ChildWorkflowCancellationType.ABANDON
    : ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED;
