import {
  ApplicationFailure,
  type WorkflowInterceptorsFactory,
  log,
  workflowInfo,
} from '@temporalio/workflow';
import { inputRefusedReason, refusedReason } from './refused.js';

const refused = (what: string, reason: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(`${what} refused: ${reason}`, 'InputRefused');

function checkedResult<T>(what: string, result: T): T {
  const reason = refusedReason([result]);
  if (reason !== undefined) throw refused(what, reason);
  return result;
}

/** Nothing that is not under the codec's key reaches workflow code (docs/design.md, decision 5). Bundled with the workflows. */
export const interceptors: WorkflowInterceptorsFactory = () => ({
  inbound: [
    {
      async execute(input, next) {
        const reason = inputRefusedReason(input.args);
        if (reason === undefined) return next(input);
        // A run that was accepted before and is now read under another key: the worker is wrong, not the run. The task waits.
        if (workflowInfo().unsafe.isReplaying) throw new Error(`this worker cannot read the run: ${reason}`);
        throw refused(`the input of ${workflowInfo().workflowType} is`, reason);
      },
      async handleSignal(input, next) {
        const reason = inputRefusedReason(input.args);
        // Failing here would end the run: whoever has no key must not be able to.
        if (reason === undefined) await next(input);
        else log.warn('signal refused', { signal: input.signalName, reason });
      },
      async handleUpdate(input, next) {
        const reason = inputRefusedReason(input.args);
        if (reason !== undefined) throw refused(`the update ${input.name} is`, reason);
        return next(input);
      },
      validateUpdate(input, next) {
        const reason = inputRefusedReason(input.args);
        if (reason !== undefined) throw refused(`the update ${input.name} is`, reason);
        next(input);
      },
      async handleQuery(input, next) {
        const reason = refusedReason(input.args);
        if (reason !== undefined) throw refused(`the query ${input.queryName} is`, reason);
        return next(input);
      },
    },
  ],
  outbound: [
    {
      // A task can also be answered by whoever reaches the server: results are looked at like inputs.
      scheduleActivity: async (input, next) =>
        checkedResult(`the result of ${input.activityType} is`, await next(input)),
      async startChildWorkflowExecution(input, next) {
        const [started, result] = await next(input);
        const checked = result.then((value) =>
          checkedResult(`the result of ${input.workflowType} is`, value),
        );
        // The caller may never ask for the result.
        checked.catch(() => undefined);
        return [started, checked];
      },
    },
  ],
});
