import { isCancellation } from '@temporalio/workflow';
import { parseHostName } from './contract/names.js';
import {
  type FleetInput,
  type FleetResult,
  type OperationInput,
  type OperationResult,
  commandWord,
} from './contract/operations.js';
import { startUnderLock, startWaiter } from './phases/under-lock.js';
import { Steps, accepting, rootMessage } from './steps.js';

/** One operation on several hosts: a child under each host's lock; the others go on when one fails. */
export async function fleet(input: FleetInput): Promise<FleetResult> {
  const { operation } = input;
  const word = commandWord(operation);
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
        const running =
          (await startUnderLock({ operation, input: child })) ??
          (await startWaiter({ operation, input: child }));
        steps.child(running.workflowId);
        result = await running.result();
        return result.summary;
      });
      return { host, ok: true, changed: result!.changed, summary: result!.summary };
    } catch (error) {
      if (isCancellation(error)) throw error;
      return { host, ok: false, changed: [], summary: rootMessage(error) };
    }
  }

  await Promise.all(Array.from({ length: Math.min(input.parallel ?? 10, hosts.length) }, lane));
  return steps.ended({ hosts: hosts.map((host) => results.find((result) => result.host === host)!) });
}
