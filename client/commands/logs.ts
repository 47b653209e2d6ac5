import { setTimeout as sleep } from 'node:timers/promises';
import { parseOperationId } from '../../workflows/contract/names.js';
import type { Context } from '../context.js';
import type { Look } from '../engine.js';
import { asCommandError, notFound } from '../errors.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { hostsOfRun } from '../hosts-of-run.js';
import { type JobNews, JobLogReader } from '../job-log-reader.js';
import { columnsOf } from '../output.js';
import { logLines } from '../render-logs.js';
import { runText } from '../run-text.js';
import { workflowIdOf } from '../workflow-id.js';

export interface LogsOptions {
  lines?: number;
  all?: boolean;
  follow?: boolean;
  step?: string;
  operation?: string;
}

const pollMs = 1000;

/** What the jobs of a run said, read on the hosts, where it stays; before it, on stderr, the steps' own account. */
export async function logs(context: Context, word: string, options: LogsOptions): Promise<ExitCode> {
  const { output, signal } = context;
  const workflowId = workflowIdOf(word);
  const given = options.operation === undefined ? undefined : parseOperationId(options.operation);
  let look = given === undefined ? await lookAt(context, workflowId) : undefined;
  if (look !== undefined) output.say(`${runText(await context.engine(), look, columnsOf(output))}\n`);
  const operationId = given ?? look?.progress?.operationId;
  const hosts = hostsOfRun(workflowId, look);
  const reader = new JobLogReader(await context.hosts(), hosts, {
    ...(operationId === undefined ? {} : { operationId }),
    ...(options.step === undefined ? {} : { step: options.step }),
    ...(options.all ? {} : { lines: options.lines ?? 20 }),
  });
  for (let first = true; ; first = false) {
    const news = await reader.read(signal);
    if (signal.aborted) return exitCodes.detached;
    for (const [host, error] of reader.failed) {
      if (hosts.length === 1) throw error;
      if (first) output.say(`${host}: ${error.message}`);
    }
    if (first && !options.follow) return shown(context, reader, look, news);
    for (const { text, event } of logLines(news, hosts.length > 1)) output.result(event, text);
    if (!goesOn(look, news)) return exitCodeOf(reader);
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
    // Before the records are read: what is said until its end is then read as well.
    if (look !== undefined) look = await (await context.engine()).look(workflowId, look.runId);
  }
}

function shown(
  { output }: Context,
  reader: JobLogReader,
  look: Look | undefined,
  jobs: readonly JobNews[],
): ExitCode {
  const where = reader.names.join(', ');
  const { step } = reader.query;
  if (jobs.length === 0 && step !== undefined && reader.steps.size > 0)
    throw notFound(`no job of a step ${step} on ${where}`, `name one of: ${[...reader.steps].join(', ')}`);
  if (jobs.length === 0 && look === undefined && reader.failed.size === 0)
    throw notFound(`no jobs are recorded on ${where}`, 'records are kept for 30 days; see myc-wf list');
  const lines = logLines(jobs, reader.names.length > 1).map(({ text }) => text);
  const none = `no jobs on ${where}: a step that finds nothing to change starts none`;
  const text = jobs.length === 0 ? none : lines.join('\n');
  const document = jobs.map(({ ended, ...job }) => (void ended, job));
  const run =
    look === undefined ? {} : { workflowId: look.workflowId, runId: look.runId, status: look.status };
  output.result({ ...run, steps: look?.progress?.steps, jobs: document }, text);
  return exitCodeOf(reader);
}

/** Undefined when Temporal does not answer, or has forgotten the run: the records are on the host all the same. */
async function lookAt(context: Context, workflowId: string): Promise<Look | undefined> {
  const { output } = context;
  try {
    const look = await (await context.engine()).look(workflowId);
    if (look.progress === undefined) output.say('no worker answers; the newest jobs of the host:\n');
    return look;
  } catch (error) {
    const { exitCode, message } = asCommandError(error);
    if (!workflowId.startsWith('host/')) throw error;
    if (exitCode !== exitCodes.unreachable && exitCode !== exitCodes.notFound) throw error;
    output.say(`${message}; the newest jobs of the host:\n`);
    return undefined;
  }
}

const goesOn = (look: Look | undefined, jobs: readonly JobNews[]): boolean =>
  look === undefined ? jobs.some(({ state }) => state === 'running') : look.status === 'running';

const exitCodeOf = ({ failed }: JobLogReader): ExitCode =>
  failed.size > 0 ? exitCodes.someHostsFailed : exitCodes.done;
