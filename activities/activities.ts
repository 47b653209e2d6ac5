import type { BackupActivities } from './backup-activities.js';

/** The verbs that workflows may ask for: one object in, one object out. Implemented by createActivities (index.ts). */
export interface Activities extends BackupActivities {
  /** authorised keys, hostname and domain. */
  ensureHostSetUp(input: HostSetUpInput): Promise<StageResult>;
  /** Charm store, packages, Docker and its settings, repositories, logins, base compose.yml, docker-clean. */
  ensureComposeReady(input: ComposeReadyInput): Promise<StageResult>;
}

export interface StageInput {
  operationId: string;
  host: string;
  /** Step id of the workflow, for heartbeats and the job's name. */
  step: string;
  /** Look only: `changed` says what would change. */
  dryRun: boolean;
}

/** What a stage changed, or would change on a dry run. */
export interface StageResult {
  /** One line each, as people read it; empty when the host was already right. */
  changed: string[];
  /** All of it in one line, for the step: "11 packages, 2 files". */
  summary: string;
}

export interface HostSetUpInput extends StageInput {
  domain?: string;
}

export interface ComposeReadyInput extends StageInput {
  withoutDockerClean: boolean;
  noDockerRestart: boolean;
}
