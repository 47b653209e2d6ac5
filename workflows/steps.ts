import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineUpdate,
  isCancellation,
  setHandler,
} from '@temporalio/workflow';
import { BadInput } from './contract/bad-input.js';
import {
  type Answer,
  type GivenAnswer,
  type Progress,
  type Question,
  type Step,
  answerUpdate,
  progressQuery,
} from './contract/progress.js';
import { questionDigest } from './contract/question-digest.js';

export const progress = defineQuery<Progress>(progressQuery);
/** Runs that are older than digests were answered with the word alone: their histories hold it. */
export const answer = defineUpdate<void, [GivenAnswer | Answer]>(answerUpdate);

/** The steps of one operation, declared up front so that a person sees from the start what is still to come. */
export class Steps {
  readonly #progress: Progress;
  #answer: Answer | undefined;
  #asked = 0;

  constructor(
    about: Omit<Progress, 'steps' | 'children' | 'question'>,
    steps: readonly { id: string; title: string }[],
  ) {
    this.#progress = { ...about, children: [], steps: steps.map((step) => ({ ...step, state: 'pending' })) };
    setHandler(progress, () => this.#progress);
    setHandler(answer, (given) => void (this.#answer = typeof given === 'string' ? given : given.answer), {
      validator: (given: GivenAnswer | Answer) => this.#mayAnswer(given),
    });
  }

  /** Runs one step; `work` returns the line people read when it is done. */
  async run(id: string, work: () => Promise<string>): Promise<void> {
    const step = this.#step(id);
    step.state = 'running';
    step.startedAtMs = Date.now();
    try {
      step.detail = await work();
      step.state = 'done';
    } catch (error) {
      step.state = 'failed';
      step.detail = isCancellation(error) ? 'cancelled' : rootMessage(error).split('\n', 1)[0]!;
      throw error;
    } finally {
      step.endedAtMs = Date.now();
    }
  }

  /** What people read of a step while it runs. */
  detail(id: string, text: string): void {
    this.#step(id).detail = text;
  }

  skip(id: string, why: string): void {
    Object.assign(this.#step(id), { state: 'skipped', detail: why });
  }

  /** A result with the last progress: what a finished run did is read without a worker, and in one request. */
  ended<T extends object>(result: T): T & { progress: Progress } {
    return { ...result, progress: this.#progress };
  }

  child(workflowId: string): void {
    if (!this.#progress.children.includes(workflowId)) this.#progress.children.push(workflowId);
  }

  /**
   * Waits for a person; the answer comes through `myc-wf answer`. A second question waits for the
   * first one's answer.
   */
  async ask(question: Omit<Question, 'digest'>): Promise<Answer> {
    const step = this.#step(question.step);
    await condition(() => this.#progress.question === undefined);
    this.#answer = undefined;
    this.#asked += 1;
    const digest = questionDigest(this.#progress.operationId, this.#asked, step.id, question.text);
    this.#progress.question = { ...question, digest };
    step.state = 'waiting';
    try {
      await condition(() => this.#answer !== undefined);
    } finally {
      delete this.#progress.question;
      step.state = 'running';
    }
    return this.#answer!;
  }

  #step(id: string): Step {
    const found = this.#progress.steps.find((step) => step.id === id);
    if (found === undefined)
      throw ApplicationFailure.nonRetryable(`the operation declares no step ${id}`, 'UnknownStep');
    return found;
  }

  /** Not called in replay: what a history holds was accepted. */
  #mayAnswer(given: GivenAnswer | Answer): void {
    const refuse = (why: string, type: string): never => {
      throw ApplicationFailure.nonRetryable(why, type);
    };
    const open = this.#progress.question;
    if (open === undefined || this.#answer !== undefined)
      return refuse('nothing is asked here now', 'NoQuestion');
    if (typeof given === 'string')
      return refuse('the answer does not say to which question; use the myc-wf of the worker', 'NoQuestion');
    if (given.question !== open.digest)
      return refuse(`the question is another one by now: ${open.text}`, 'OtherQuestion');
    if (!open.answers.includes(given.answer))
      refuse(`the answer is one of ${open.answers.join(', ')}`, 'UnknownAnswer');
  }
}

/** What people are told: the words of the ApplicationFailure, not of its wrappers ("Activity task failed") nor of what caused it. */
export const rootMessage = (error: unknown): string => {
  const told = applicationFailure(error) ?? innermost(error);
  return told instanceof Error ? told.message : String(told);
};

/** By which failures are told apart. */
export const failureType = (error: unknown): string | undefined =>
  applicationFailure(error)?.type ?? undefined;

function applicationFailure(error: unknown): ApplicationFailure | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof ApplicationFailure) return cause;
  return undefined;
}

function innermost(error: unknown): unknown {
  let cause = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  return cause;
}

/** In a workflow a plain Error is a bug and is retried for ever; refused input is final. */
export function accepting<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof BadInput) throw ApplicationFailure.nonRetryable(error.message, 'BadInput');
    throw error;
  }
}
