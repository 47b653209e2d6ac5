import { continueAsNew, sleep, workflowInfo } from '@temporalio/workflow';
import { parseHostName, parseOperationId } from './contract/names.js';
import { type OperationResult, type WaiterInput, commandWord } from './contract/operations.js';
import { type RunningOperation, startUnderLock } from './phases/under-lock.js';
import { Steps, accepting } from './steps.js';

/** Each try adds some nine events; a new run is cheaper than a long history. */
const eventsPerRun = 100;
/** A host that has become free is not left idle for long; a night of tries is a few hundred runs of this. */
const longestWaitSeconds = 10;

/** `start … --wait`: tries on a timer until the host is free; ends as the operation did. Promises no order. */
export async function waiter(given: WaiterInput): Promise<OperationResult> {
  const { operation, input } = given;
  const host = accepting(() => parseHostName(input.host));
  accepting(() => parseOperationId(input.operationId));
  const word = commandWord(operation);
  const { operationId, dryRun = false } = input;
  const steps = new Steps({ operation: word, subject: host, operationId, dryRun }, [
    { id: 'wait', title: 'wait' },
    { id: 'operation', title: word },
  ]);
  let { waitSeconds = 2 } = given;
  let running: RunningOperation | undefined;
  await steps.run('wait', async () => {
    while (workflowInfo().historyLength < eventsPerRun) {
      running = await startUnderLock(operation, input);
      if (running !== undefined) return 'free';
      steps.detail('wait', `${host} is busy, tried again every ${Math.ceil(waitSeconds)} s`);
      await sleep(waitSeconds * 1000);
      waitSeconds = Math.min(waitSeconds * 2, longestWaitSeconds);
    }
    return `${host} is busy`;
  });
  if (running === undefined) return continueAsNew<typeof waiter>({ operation, input, waitSeconds });
  const operationRun = running;
  steps.child(operationRun.workflowId);
  let outcome: OperationResult | undefined;
  await steps.run('operation', async () => {
    outcome = await operationRun.result();
    return outcome.summary;
  });
  return steps.ended(outcome!);
}
