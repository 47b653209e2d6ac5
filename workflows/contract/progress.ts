/** Answered by every workflow to the query `progress`; `follow` merges it with describe's pending activities. */
export interface Progress {
  operation: string;
  /** What the operation is about, as people say it: "vps1.lab -> vps2.lab". */
  subject: string;
  operationId: string;
  dryRun: boolean;
  steps: Step[];
  /** Set while the workflow waits for a person (`myc-wf answer`). */
  question?: Question;
  /** Workflow ids of children, in order, for a fleet or a child operation. */
  children: string[];
}

export type StepState = 'pending' | 'running' | 'waiting' | 'done' | 'skipped' | 'failed';

export interface Step {
  id: string;
  title: string;
  state: StepState;
  /** One line: what was found or done. */
  detail?: string;
  startedAtMs?: number;
  endedAtMs?: number;
}

export interface Question {
  step: string;
  text: string;
  answers: Answer[];
  /** Names this question of this operation: asked a second time, it is another one. */
  digest: string;
}

export const answers = ['yes', 'no', 'retry'] as const;
export type Answer = (typeof answers)[number];

/**
 * What the update `answer` carries: the answer, and the digest of the question that the person
 * read.
 */
export interface GivenAnswer {
  answer: Answer;
  question: string;
}

export const progressQuery = 'progress';
/**
 * An update with a `GivenAnswer`: refused when another question is open or none, or when the answer
 * is not offered.
 */
export const answerUpdate = 'answer';

/** What a running activity heartbeats; read from pendingActivities. */
export interface HeartbeatDetail {
  /** The step it works for: `Step.id`. */
  step: string;
  phase: string;
  bytes?: number;
  totalBytes?: number;
  /** The named job on the host, when there is one. */
  job?: string;
}
