import {
  ApplicationFailure,
  type WorkflowInterceptorsFactory,
  log,
  workflowInfo,
} from '@temporalio/workflow';
import { inputRefusedReason, isOldForm, readOldForm, refusedReason } from './refused.js';

const refused = (what: string, reason: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(`${what} refused: ${reason}`, 'InputRefused');

/** Nothing that is not under the codec's key reaches workflow code (docs/design.md, decision 5). Bundled with the workflows. */
export const interceptors: WorkflowInterceptorsFactory = () => {
  // Decided once for a run: what is heard while it is live has to be heard in its replay, and nothing else.
  let began: 'before workflow ids' | 'since' = 'since';
  const read = <T>(values: T[]): T[] =>
    began === 'since' ? values : values.map((value) => readOldForm(value) as T);

  function checkedResult<T>(what: string, given: T): T {
    const [result] = read([given]) as [T];
    const reason = refusedReason([result]);
    if (reason !== undefined) throw refused(what, reason);
    return result;
  }

  return {
    inbound: [
      {
        async execute(given, next) {
          // A run that is replayed was accepted by an earlier release; a new one of the old form is somebody else's.
          if (workflowInfo().unsafe.isReplaying && given.args.some(isOldForm)) began = 'before workflow ids';
          const input = { ...given, args: read(given.args) };
          const reason = inputRefusedReason(input.args);
          if (reason === undefined) return next(input);
          // A run that was accepted before and is now read under another key: the worker is wrong, not the run. The task waits.
          if (workflowInfo().unsafe.isReplaying)
            throw new Error(`this worker cannot read the run: ${reason}`);
          throw refused(`the input of ${workflowInfo().workflowType} is`, reason);
        },
        async handleSignal(given, next) {
          const input = { ...given, args: read(given.args) };
          const reason = inputRefusedReason(input.args);
          // Failing here would end the run: whoever has no key must not be able to.
          if (reason === undefined) await next(input);
          else log.warn('signal refused', { signal: input.signalName, reason });
        },
        async handleUpdate(given, next) {
          const input = { ...given, args: read(given.args) };
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
  };
};
