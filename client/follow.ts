import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from './context.js';
import type { Engine, Look } from './engine.js';
import { CommandError, asCommandError } from './errors.js';
import { exitCodes } from './exit-codes.js';
import { subjectOf } from './busy.js';
import type { ProgressView } from './progress-view.js';
import { Rates } from './rates.js';
import type { View } from './render-progress.js';
import { titleOf } from './run-text.js';

const pollMs = 700;
/** How long Temporal may be silent before following gives up: a restarted server is back within seconds. */
const silenceMs = 5 * 60_000;

export interface Followed {
  look: Look;
  /** The workflow's result; thrown instead when it failed. */
  result: unknown;
}

/** Watches a run to its end. Ctrl-C leaves it running: CommandError 130. */
export async function follow(
  context: Pick<Context, 'signal' | 'terminal' | 'output'>,
  engine: Engine,
  run: { workflowId: string; runId?: string; title?: string },
  show: ProgressView,
): Promise<Followed> {
  const rates = new Rates();
  let { runId } = run;
  let asked: string | undefined;
  const ended = new AbortController();
  void endOf(engine, run.workflowId, runId).then(() => ended.abort());
  let look = await engine.look(run.workflowId, runId);
  try {
    for (;;) {
      rates.add(look, Date.now());
      const view = await viewOf(engine, look, run.title, rates);
      show.update(view);
      if (look.status === 'continued') runId = undefined;
      else if (look.status !== 'running') break;
      const question = look.progress?.question;
      if (question === undefined) asked = undefined;
      else if (asked !== question.digest) {
        asked = question.digest;
        await ask(context, engine, look, show);
      }
      await pause(ended.signal.aborted ? 100 : pollMs, signals(context.signal, ended.signal));
      if (context.signal.aborted) throw detached(run.workflowId);
      look = await lookPatiently(engine, run.workflowId, runId, context);
    }
  } finally {
    show.end();
  }
  return { look, result: await engine.result(run.workflowId, look.runId) };
}

/** Once the run is over, only its last look is waited for. */
const signals = (stop: AbortSignal, ended: AbortSignal): AbortSignal =>
  ended.aborted ? stop : AbortSignal.any([stop, ended]);

/** No timer is left behind: the process would wait for it. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);

/** Resolves when the run is over, by Temporal's long poll: nobody waits for the next look. Never, when Temporal went away. */
function endOf(engine: Engine, workflowId: string, runId: string | undefined): Promise<void> {
  return engine.result(workflowId, runId).then(
    () => undefined,
    (error: unknown) =>
      asCommandError(error).exitCode === exitCodes.unreachable
        ? new Promise<void>(() => undefined)
        : undefined,
  );
}

async function viewOf(engine: Engine, look: Look, title: string | undefined, rates: Rates): Promise<View> {
  const children = await Promise.all(
    (look.status === 'running' ? (look.progress?.children ?? []) : [])
      .slice(0, 20)
      .map((id) => engine.look(id).catch(() => undefined)),
  );
  return {
    title: title ?? titleOf(look),
    uiUrl: engine.uiUrl(look.workflowId),
    runUrl: engine.uiUrl(look.workflowId, look.runId),
    look,
    children: children.filter((child) => child?.status === 'running') as Look[],
    rates: rates.perStep,
    nowMs: Date.now(),
  };
}

async function lookPatiently(
  engine: Engine,
  workflowId: string,
  runId: string | undefined,
  { signal, output }: Pick<Context, 'signal' | 'output'>,
): Promise<Look> {
  const since = Date.now();
  for (let said = false; ; said = true) {
    try {
      return await engine.look(workflowId, runId);
    } catch (error) {
      const wrong = asCommandError(error);
      if (wrong.exitCode !== exitCodes.unreachable || Date.now() - since > silenceMs) throw wrong;
      if (signal.aborted) throw detached(workflowId);
      if (!said) output.say('Temporal does not answer; the hosts go on, trying again');
      await sleep(2000, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function ask(
  { terminal, output }: Pick<Context, 'terminal' | 'output'>,
  engine: Engine,
  look: Look,
  show: ProgressView,
): Promise<void> {
  const question = look.progress?.question;
  if (question === undefined) return;
  if (!terminal.interactive) {
    output.say(
      `? ${question.text}\n  myc-wf answer ${subjectOf(look.workflowId)} ${question.answers.join('|')}`,
    );
    return;
  }
  show.pause();
  const answer = await terminal.choose(question.text, question.answers).catch(() => {
    throw detached(look.workflowId);
  });
  await engine.answer(look.workflowId, { answer, question: question.digest });
}

export const detached = (workflowId: string): CommandError =>
  new CommandError(
    exitCodes.detached,
    'detached: the workflow goes on',
    `myc-wf follow ${subjectOf(workflowId)} shows it again, myc-wf cancel ${subjectOf(workflowId)} stops it`,
  );
