import type { ComposeAction } from '../workflows/contract/compose-actions.js';
import type { ActionActivities } from './action-activities.js';
import type { BackupActivities } from './backup-activities.js';
import type { RecoveryActivities } from './recovery-activities.js';

/** The verbs that workflows may ask for: one object in, one object out. Implemented by createActivities (index.ts). */
export interface Activities extends ActionActivities, BackupActivities, RecoveryActivities {
  /** authorised keys, hostname and domain. */
  ensureHostSetUp(input: HostSetUpInput): Promise<StageResult>;
  /** Charm store, packages, Docker and its settings, repositories, logins, base compose.yml, docker-clean. */
  ensureComposeReady(input: ComposeReadyInput): Promise<StageResult>;
  /** The charm repositories under /srv/charm-store. */
  ensureCharmsInstalled(input: StageInput): Promise<StageResult>;
  /** compose.yml and charms -> what has to be pulled, run and started; changes nothing. */
  planServices(input: ServicesInput): Promise<ServicesPlan>;
  /** Pulls or builds one image of the plan. */
  ensureImage(input: ImageInput): Promise<StageResult>;
  /** Once Docker, which may still be on its way, answers on the host; nothing when the image is there. */
  pullImage(input: PulledInput): Promise<StageResult>;
  /** Hooks of the plan, in the order given. */
  runHooks(input: HooksInput): Promise<void>;
  /** docker-compose.yml written, its services started and waited for. */
  composeUp(input: PlannedInput): Promise<StageResult>;
  /** One of docker compose's own actions on what `up` wrote. */
  composeAction(input: ComposeActionInput): Promise<StageResult>;
  /** Every installed package at its newest. */
  upgradePackages(input: UpgradeInput): Promise<StageResult>;
  /** The images of compose.yml as their registries have them now. */
  refreshImages(input: PlannedInput): Promise<StageResult>;
  /** Ports that containers do not reach outside. */
  ensureCutoff(input: CutoffInput): Promise<CutoffResult>;
  /** ServiceUnhealthy, which is tried again, unless all services run and are healthy. */
  probeServices(input: PlannedInput): Promise<ProbeResult>;
}

export interface StageInput {
  operationId: string;
  host: string;
  /** Step id of the workflow, for heartbeats and the job's name. */
  step: string;
  /** Look only: `changed` says what would change. */
  dryRun: boolean;
  /** Take the host over from another control plane, in the operation's first stage. */
  takeover?: boolean;
  /** The operation's first stage on the host: one that cannot be reached then is told soon, since nothing has begun. */
  first?: boolean;
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
  /**
   * `docker`: only what `docker pull` and the transfer need, since the rest goes on beside them. `serving`: without what only
   * people and the host's own schedule need.
   */
  part?: ComposeReadyPart;
  withoutDockerClean: boolean;
  noDockerRestart: boolean;
}

export type ComposeReadyPart = 'docker' | 'serving';

export interface ServicesInput extends StageInput {
  /** With those they have relations to; all of compose.yml when left out. */
  services?: string[];
  /** The operation was given a compose.yml, or an addition to it: they are on the host under its id. */
  given?: boolean;
  /** compose.yml is that of the operation's stage, which is not in its place yet. */
  staged?: boolean;
}

/** Names, order and digest only: what compose.yml and charms say stays on the host. */
export interface ServicesPlan {
  /** In the order they are started: providers before those who use them. */
  services: { name: string; charm: string }[];
  /** Those that are not on the host yet. */
  images: PlannedImage[];
  hooks: HookName[];
  warnings: string[];
  /** Among the warnings: what containers may do to the host beyond what every container may. */
  rights: string[];
  /** Of compose.yml and charms: an activity that finds another plan refuses to act on it. */
  digest: string;
  /** Of a dry run: what would be done to containers, by what the hooks left the last time. */
  pending?: string[];
}

export interface HookName {
  service: string;
  charm: string;
  hook: string;
  /** Names it among the hooks of its service. */
  id: string;
  /** Before the services are started, or after. */
  stage: 'before' | 'after';
  /** Of a relation: who has it and who provides it. */
  relation?: { name: string; base: string; target: string };
}

export interface PlannedImage {
  image: string;
  /** Built on the host from the charm's build/; pulled when left out. */
  charm?: string;
}

export interface PulledInput extends StageInput {
  image: string;
}

export interface PlannedInput extends ServicesInput {
  digest: string;
}

export interface ImageInput extends PlannedInput {
  image: string;
}

export interface HooksInput extends PlannedInput {
  hooks: Pick<HookName, 'service' | 'id'>[];
}

export interface ComposeActionInput extends StageInput {
  action: ComposeAction;
  services?: string[];
}

export interface UpgradeInput extends StageInput {
  noDockerRestart: boolean;
}

export interface CutoffInput extends StageInput {
  /** With `lift` all of them when empty. */
  ports: number[];
  lift: boolean;
}

export interface CutoffResult extends StageResult {
  /** What is cut off then. */
  ports: number[];
  /** Containers on the host's own network, which it does not reach. */
  uncovered: string[];
}

export interface ProbeResult {
  healthy: string[];
}
