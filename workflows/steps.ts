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
  type Progress,
  type Question,
  type Step,
  answerUpdate,
  progressQuery,
} from './contract/progress.js';

export const progress = defineQuery<Progress>(progressQuery);
export const answer = defineUpdate<void, [Answer]>(answerUpdate);

/** The steps of one operation, declared up front so that a person sees from the start what is still to come. */
export class Steps {
  readonly #progress: Progress;
  #answer: Answer | undefined;

  constructor(
    about: Omit<Progress, 'steps' | 'children' | 'question'>,
    steps: readonly { id: string; title: string }[],
  ) {
    this.#progress = { ...about, children: [], steps: steps.map((step) => ({ ...step, state: 'pending' })) };
    setHandler(progress, () => this.#progress);
    setHandler(answer, (given) => void (this.#answer = given), {
      validator: (given: Answer) => this.#mayAnswer(given),
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

  /** Waits for a person; the answer comes through `myc-wf answer`. */
  async ask(question: Question): Promise<Answer> {
    const step = this.#step(question.step);
    this.#answer = undefined;
    this.#progress.question = question;
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

  #mayAnswer(given: Answer): void {
    const open = this.#progress.question;
    if (open === undefined) throw ApplicationFailure.nonRetryable('nothing is asked here now', 'NoQuestion');
    if (!open.answers.includes(given))
      throw ApplicationFailure.nonRetryable(
        `the answer is one of ${open.answers.join(', ')}`,
        'UnknownAnswer',
      );
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
