import type { Answer } from '../../workflows/contract/progress.js';
import { subjectOf } from '../busy.js';
import type { Context } from '../context.js';
import { CommandError, notFound, usage } from '../errors.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { workflowIdOf } from '../workflow-id.js';

export interface AnswerOptions {
  /** The digest of the question that is meant; the one that is open when left out. */
  question?: string;
}

/** `answer ID yes`: shows the question that the run asks, and answers that one and no later one. */
export async function answer(
  context: Context,
  word: string,
  given: Answer,
  { question: meant }: AnswerOptions = {},
): Promise<ExitCode> {
  const workflowId = workflowIdOf(word);
  const subject = subjectOf(workflowId);
  const engine = await context.engine();

  const { status, progress } = await engine.look(workflowId);
  if (status !== 'running') throw notFound(`${subject} is over (${status}): nothing is asked there`);
  if (progress === undefined)
    throw new CommandError(
      exitCodes.unreachable,
      `no worker answers, so what ${subject} asks is not known`,
      'start one: myc-wf up, or myc-wf worker',
    );
  const { question } = progress;
  if (question === undefined) throw new CommandError(exitCodes.failed, `${subject} asks nothing now`);
  if (meant !== undefined && meant !== question.digest)
    throw new CommandError(exitCodes.failed, `the question is another one by now: ${question.text}`);
  if (!question.answers.includes(given))
    throw usage(`${subject} asks: ${question.text}`, `the answer is one of ${question.answers.join(', ')}`);

  context.output.say(`? ${question.text}`);
  await engine.answer(workflowId, { answer: given, question: question.digest });
  context.output.result({ workflowId, answer: given, question }, `${subject} was told ${given}`);
  return exitCodes.done;
}
