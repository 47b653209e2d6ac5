import { ParentClosePolicy, executeChild, isCancellation, sleep } from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { hostWorkflowId } from './contract/ids.js';
import { parseHostName } from './contract/names.js';
import {
  type FleetInput,
  type FleetResult,
  type OperationInput,
  type OperationResult,
  commandWord,
} from './contract/operations.js';
import { Steps, accepting, rootMessage } from './steps.js';

/** One operation on several hosts: a child under each host's lock; the others go on when one fails. */
export async function fleet(input: FleetInput): Promise<FleetResult> {
  const word = commandWord(input.operation);
  const hosts = input.inputs.map((one) => accepting(() => parseHostName(one.host)));
  const steps = new Steps(
    {
      operation: word,
      subject: hosts.join(' '),
      operationId: input.operationId,
      dryRun: input.inputs.some((one) => one.dryRun),
    },
    hosts.map((host) => ({ id: host, title: host })),
  );
  const results: FleetResult['hosts'] = [];
  const waiting = [...input.inputs];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      results.push(await one(next));
  };

  async function one(child: OperationInput): Promise<FleetResult['hosts'][number]> {
    const { host } = child;
    try {
      let result: OperationResult | undefined;
      await steps.run(host, async () => {
        steps.child(hostWorkflowId(host));
        result = await underLock(input.operation, child);
        return result.summary;
      });
      return { host, ok: true, changed: result!.changed, summary: result!.summary };
    } catch (error) {
      if (isCancellation(error)) throw error;
      return { host, ok: false, changed: [], summary: rootMessage(error) };
    }
  }

  await Promise.all(Array.from({ length: Math.min(input.parallel ?? 10, hosts.length) }, lane));
  return { hosts: hosts.map((host) => results.find((result) => result.host === host)!) };
}

/** A child has no conflict policy: while another operation holds the host, try again on a timer. */
async function underLock(operation: string, input: OperationInput): Promise<OperationResult> {
  for (let waitSeconds = 2; ; waitSeconds = Math.min(waitSeconds * 2, 60))
    try {
      return await executeChild<(input: OperationInput) => Promise<OperationResult>>(operation, {
        workflowId: hostWorkflowId(input.host),
        args: [input],
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      // Soon at first, for a short operation; then once a minute, since each try adds some nine events to the history.
      await sleep(waitSeconds * 1000);
    }
}
