import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionDescription,
  type WorkflowExecutionInfo,
  type WorkflowHandle,
} from '@temporalio/client';
import {
  type SearchAttributePair,
  SearchAttributeType,
  defineSearchAttributeKey,
  TypedSearchAttributes,
} from '@temporalio/common';
import { taskQueue } from '../workflows/contract/ids.js';
import { type Progress, answers, answerUpdate, progressQuery } from '../workflows/contract/progress.js';
import type { Engine, ListFilter, Listed, Look, StartRequest, Status } from './engine.js';
import { busy } from './busy.js';
import type { Connected } from './connect.js';
import { pendingActivities } from './pending-activities.js';

/** An unanswered query means no worker: the view says so instead of hanging. */
const queryTimeoutMs = 5_000;

const hostKey = defineSearchAttributeKey('Host', SearchAttributeType.KEYWORD);
const operationKey = defineSearchAttributeKey('Operation', SearchAttributeType.KEYWORD);

export function temporalEngine(connected: Connected): Engine {
  const { client } = connected;
  const { workflow, schedule } = client;
  return {
    start: (request) => start(client, request),
    look: (workflowId, runId) => look(client, workflow.getHandle(workflowId, runId)),
    list: (filter) => list(client, filter),
    answer: async (workflowId, given) => {
      await workflow.getHandle(workflowId).executeUpdate(answerUpdate, { args: [given] });
    },
    cancel: async (workflowId, runId) => {
      await workflow.getHandle(workflowId, runId).cancel();
    },
    result: async (workflowId, runId) =>
      withoutProgress(await workflow.getHandle(workflowId, runId).result()),
    listSchedules: async () => {
      const rows = [];
      for await (const { scheduleId, state, info } of schedule.list()) {
        const next = info?.nextActionTimes[0]?.toISOString();
        const last = info?.recentActions.at(-1)?.takenAt.toISOString();
        const note = state.paused ? state.note : undefined;
        const about = { ...(note && { note }), ...(next && { next }), ...(last && { last }) };
        rows.push({ id: scheduleId, paused: state.paused, ...about });
      }
      return rows;
    },
    triggerSchedule: (id) => schedule.getHandle(id).trigger(),
    pauseSchedule: (id, paused) =>
      paused
        ? schedule.getHandle(id).pause('by myc-wf schedule pause')
        : schedule.getHandle(id).unpause('by myc-wf schedule resume'),
    pollers: () => pollers(client),
    uiUrl: (workflowId, runId) => connected.uiUrl(workflowId, runId),
    close: () => connected.close(),
  };
}

async function start(client: Client, request: StartRequest): Promise<{ workflowId: string; runId: string }> {
  const { workflowId, workflowType, input, searchAttributes } = request;
  const pairs: SearchAttributePair[] = [{ key: operationKey, value: searchAttributes.Operation }];
  if (searchAttributes.Host !== undefined) pairs.push({ key: hostKey, value: searchAttributes.Host });
  try {
    const handle = await client.workflow.start(workflowType, {
      taskQueue,
      workflowId,
      args: [input],
      // The workflow id is the lock: a held one is refused, a finished one is free.
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      typedSearchAttributes: new TypedSearchAttributes(pairs),
    });
    return { workflowId, runId: handle.firstExecutionRunId };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw busy(workflowId, await client.workflow.getHandle(workflowId).describe());
  }
}

async function look(client: Client, handle: WorkflowHandle): Promise<Look> {
  const description = await handle.describe();
  const progress =
    (await progressOfResult(handle, description)) ??
    (await client
      .withDeadline(Date.now() + queryTimeoutMs, () => handle.query<Progress>(progressQuery))
      .catch(() => undefined));
  return {
    ...listed(description),
    ...(progress === undefined ? {} : { progress: withKnownAnswers(progress) }),
    pending: await pendingActivities(client, description.raw.pendingActivities ?? []),
  };
}

/** They are written into a line that a person pastes. */
function withKnownAnswers(progress: Progress): Progress {
  const { question } = progress;
  if (question === undefined) return progress;
  const known = question.answers.filter((answer) => answers.includes(answer));
  return { ...progress, question: { ...question, answers: known } };
}

/** A run that went well has its last progress with its result: no worker is needed to be told of it. */
async function progressOfResult(
  handle: WorkflowHandle,
  { status, runId }: WorkflowExecutionDescription,
): Promise<Progress | undefined> {
  if (status.name !== 'COMPLETED') return undefined;
  const result: unknown = await handle.client.getHandle(handle.workflowId, runId).result();
  return isResult(result) ? result.progress : undefined;
}

/** What an operator asks for with `result`; the progress is shown by other commands. */
function withoutProgress(result: unknown): unknown {
  if (!isResult(result)) return result;
  const rest: Partial<typeof result> = { ...result };
  delete rest.progress;
  return rest;
}

const isResult = (result: unknown): result is { progress: Progress } =>
  typeof result === 'object' && result !== null && 'progress' in result;

async function pollers({ options, workflowService }: Client): Promise<number> {
  const { namespace } = options;
  const { pollers: found } = await workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: 1,
  });
  return found?.length ?? 0;
}

async function list(client: Client, filter: ListFilter): Promise<Listed[]> {
  const { runningOnly, host, operation, status, limit } = filter;
  const conditions = [
    `TaskQueue = "${taskQueue}"`,
    ...(runningOnly ? ['ExecutionStatus = "Running"'] : []),
    // A parsed host name: it holds no quote.
    ...(host === undefined ? [] : [`Host = "${host}"`]),
    // Words of the contract.
    ...(operation === undefined ? [] : [`Operation = "${operation}"`]),
    ...(status === undefined ? [] : [`ExecutionStatus = "${executionStatus[status]}"`]),
  ];
  const rows: Listed[] = [];
  for await (const info of client.workflow.list({ query: conditions.join(' AND ') })) {
    rows.push(listed(info));
    if (rows.length >= limit) break;
  }
  return rows;
}

type Info = Pick<WorkflowExecutionInfo, 'workflowId' | 'runId' | 'type' | 'status' | 'startTime'> & {
  closeTime?: Date | undefined;
};

const listed = (info: Info): Listed => ({
  workflowId: info.workflowId,
  runId: info.runId,
  type: info.type,
  status: statusWords[info.status.name] ?? 'running',
  startedAtMs: info.startTime.getTime(),
  ...(info.closeTime === undefined ? {} : { endedAtMs: info.closeTime.getTime() }),
});

const executionStatus: Record<Status, string> = {
  running: 'Running',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Canceled',
  terminated: 'Terminated',
  'timed out': 'TimedOut',
  continued: 'ContinuedAsNew',
};

const statusWords: Record<string, Status> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed out',
  CONTINUED_AS_NEW: 'continued',
};
