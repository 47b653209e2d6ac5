import { commandWord } from '../../workflows/contract/operations.js';
import { parseHostName } from '../../workflows/contract/names.js';
import { durationText } from '../../workflows/contract/amounts.js';
import { clock, subjectOf } from '../busy.js';
import type { Context } from '../context.js';
import type { ListFilter, Listed, Look, Status } from '../engine.js';
import { notFound } from '../errors.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { exitCodeOfResult, formatResult } from '../format-result.js';
import { columnsOf, table } from '../output.js';
import { questionText, runText } from '../run-text.js';
import { parseListedId, workflowIdOf } from '../workflow-id.js';
import { outsideName } from '../../workflows/contract/outside-names.js';
import { sayLeftOut } from '../view/outside.js';

/** `status`: what runs now, the step it is at and what it waits for; `status ID`: one run in full. */
export async function status(context: Context, word: string | undefined): Promise<ExitCode> {
  const workflowId = word === undefined ? undefined : workflowIdOf(word);
  const engine = await context.engine();
  if (workflowId !== undefined) {
    const look = await engine.look(workflowId);
    const uiUrl = engine.uiUrl(workflowId, look.runId);
    context.output.result({ ...look, uiUrl }, runText(engine, look, columnsOf(context.output)));
    return exitCodes.done;
  }
  const running = ownRuns(context, await engine.list({ runningOnly: true, limit: 100 }));
  const looks = await Promise.all(running.map(({ workflowId: id, runId }) => engine.look(id, runId)));
  const lines = looks.map((look) => [
    subjectOf(look.workflowId),
    commandWord(look.type),
    since(look),
    nowAt(look),
  ]);
  const questions = looks.map(questionText).filter(Boolean);
  context.output.result(looks, looks.length === 0 ? 'nothing runs' : [table(lines), ...questions].join('\n'));
  return exitCodes.done;
}

/**
 * The rest is told of, since it may be somebody's work; its names go into no line that a person
 * pastes.
 */
function ownRuns({ output }: Context, runs: readonly Listed[]): Listed[] {
  const own = runs.filter(
    ({ workflowId, type }) => outsideName(workflowId, parseListedId) !== undefined && /^[\w-]+$/.test(type),
  );
  sayLeftOut(output, runs.length - own.length, 'Temporal');
  return own;
}

export interface ListOptions {
  host?: string;
  /** As a command names it: backup-install. */
  operation?: string;
  status?: Status;
  limit: number;
}

export async function list(context: Context, options: ListOptions): Promise<ExitCode> {
  const { host, operation, status, limit } = options;
  const filter: ListFilter = {
    ...(host === undefined ? {} : { host: parseHostName(host) }),
    ...(operation === undefined ? {} : { operation: typeOf(operation) }),
    ...(status === undefined ? {} : { status }),
    limit,
  };
  const runs = ownRuns(context, await (await context.engine()).list(filter));
  const filtered = Object.keys(filter).length > 1;
  const rows = runs.map((run) => [
    run.status,
    commandWord(run.type),
    run.workflowId,
    since(run),
    tookText(run),
  ]);
  context.output.result(runs, runs.length === 0 ? (filtered ? 'no such runs' : 'no runs yet') : table(rows));
  return exitCodes.done;
}

export async function cancel(context: Context, word: string): Promise<ExitCode> {
  const workflowId = workflowIdOf(word);
  const engine = await context.engine();
  const { status: now, runId } = await engine.look(workflowId);
  // Temporal takes a request to stop what is over, and nothing would come of it.
  if (now !== 'running')
    throw notFound(`${subjectOf(workflowId)} is over (${now}): there is nothing to stop`);
  await engine.cancel(workflowId, runId);
  const text = `${subjectOf(workflowId)} is asked to stop; myc-wf follow ${subjectOf(workflowId)} shows how it ends`;
  context.output.result({ workflowId, cancelling: true }, text);
  return exitCodes.done;
}

/** Waits for the end, without a view, and says how it came out. */
export async function result(context: Context, word: string): Promise<ExitCode> {
  const workflowId = workflowIdOf(word);
  const outcome = await (await context.engine()).result(workflowId);
  context.output.result(outcome ?? null, formatResult(outcome));
  return exitCodeOfResult(outcome);
}

export async function ui(context: Context, word: string | undefined): Promise<ExitCode> {
  const workflowId = word === undefined ? undefined : workflowIdOf(word);
  // Without a run it is the list of them.
  const uiUrl = (await context.engine()).uiUrl(workflowId ?? '').replace(/\/$/, '');
  context.output.result({ workflowId, uiUrl }, uiUrl);
  return exitCodes.done;
}

/** `backup-install` -> `backupInstall`. */
const typeOf = (word: string): string =>
  word.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());

const since = ({ startedAtMs }: Listed | Look): string => clock(new Date(startedAtMs));

const tookText = ({ startedAtMs, endedAtMs }: Listed): string =>
  endedAtMs === undefined ? '' : durationText(endedAtMs - startedAtMs);

function nowAt({ progress }: Look): string {
  if (progress === undefined) return 'no worker answers';
  const step = progress.steps.find(({ state }) => state === 'running' || state === 'waiting');
  return step?.title ?? '';
}
