import type { GivenAnswer, HeartbeatDetail, Progress } from '../workflows/contract/progress.js';

/** What the commands need of Temporal, and no more: tests record it, temporal-engine.ts is the real one. */
export interface Engine {
  /** Fails with HostBusy when the workflow id is held. */
  start(request: StartRequest): Promise<Execution>;
  /** One look at a run: its status, its own account and what its activities report right now. */
  look(workflowId: string, runId?: string): Promise<Look>;
  /** Newest first. */
  list(filter: ListFilter): Promise<Listed[]>;
  /** Fails when the run asks another question by now. */
  answer(workflowId: string, given: GivenAnswer): Promise<void>;
  cancel(workflowId: string, runId?: string): Promise<void>;
  result(workflowId: string, runId?: string): Promise<unknown>;
  listSchedules(): Promise<ScheduleRow[]>;
  triggerSchedule(scheduleId: string): Promise<void>;
  pauseSchedule(scheduleId: string, paused: boolean): Promise<void>;
  /** Workers that asked for work lately. */
  pollers(): Promise<number>;
  uiUrl(workflowId: string, runId?: string): string;
  close(): Promise<void>;
}

export interface StartRequest {
  workflowType: string;
  workflowId: string;
  input: object;
  searchAttributes: { Host?: string; Operation: string };
}

export interface Execution {
  workflowId: string;
  runId: string;
}

export type Status =
  'running' | 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed out' | 'continued';

export interface Look extends Execution {
  type: string;
  status: Status;
  startedAtMs: number;
  endedAtMs?: number;
  /** Left out when no worker answers: the run waits for one. */
  progress?: Progress;
  pending: PendingActivity[];
}

export interface PendingActivity {
  type: string;
  attempt: number;
  lastFailure?: string;
  heartbeat?: HeartbeatDetail;
}

export interface ListFilter {
  runningOnly?: boolean;
  host?: string;
  /** A workflow type of the contract. */
  operation?: string;
  status?: Status;
  limit: number;
}

export interface Listed extends Execution {
  type: string;
  status: Status;
  startedAtMs: number;
  endedAtMs?: number;
}

export interface ScheduleRow {
  id: string;
  paused: boolean;
  /** Why it is paused. */
  note?: string;
  next?: string;
  last?: string;
}
