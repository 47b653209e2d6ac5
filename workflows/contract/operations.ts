import type { BackupSource, BackupTarget } from './addresses.js';
import type { ComposeAction } from './compose-actions.js';
import type {
  AbsolutePath,
  ActionName,
  DomainName,
  HostName,
  Ident,
  OperationId,
  ServiceName,
} from './names.js';

/** What every operation on one host is told. Names only: no secret, no address, no content (decision 5). */
export interface OperationInput {
  operationId: OperationId;
  host: HostName;
  /** Look and plan, change nothing. */
  dryRun?: boolean;
  /** Take a host over from the control plane that managed it until now. */
  takeover?: boolean;
  /** Consent to a destructive step, given with --yes or at the prompt. */
  yes?: boolean;
}

/** What every operation on one host returns; `changed` is empty when the host was already right. */
export interface OperationResult {
  host: HostName;
  /** One short line each, as people read it: "installed docker.io", "wrote /etc/docker/daemon.json". */
  changed: string[];
  /** One line that sums the operation up. */
  summary: string;
}

export interface VpsSetupInput extends OperationInput {
  domain?: DomainName;
}

export interface DeployInput extends OperationInput {
  domain?: DomainName;
  withoutDockerClean?: boolean;
  noDockerRestart?: boolean;
}

export interface UpInput extends OperationInput {
  /** All of compose.yml when empty. */
  services?: ServiceName[];
  /** With --file or --add-compose-content, which the client has put on the host under the operation's id. */
  given?: boolean;
}

export interface ComposeInput extends OperationInput {
  action: ComposeAction;
  /** All of them when left out. */
  services?: ServiceName[];
}

export interface UpdateInput extends OperationInput {
  withoutDockerClean?: boolean;
  noDockerRestart?: boolean;
}

/** What containers may not reach outside. */
export interface CutoffInput extends OperationInput {
  /** With `lift` all of them when empty. */
  ports: number[];
  lift?: boolean;
}

export interface BackupInstallInput extends OperationInput {
  target: BackupTarget;
  /** The host's name when left out. */
  ident?: Ident;
}

export interface BackupInput extends OperationInput {
  /** Go on when more than a tenth of the mirror would be deleted, without asking. */
  allowMassDeletion?: boolean;
}

export interface RecoverInput extends OperationInput {
  source: BackupSource;
  /** With `source.path`: where it goes on the host; the same path when left out. */
  destination?: AbsolutePath;
  /** Accept a mirror without a completed manifest, as the old tools wrote it. */
  unverified?: boolean;
}

/** `recover-target VPS SRC DST`: a path out of the host's own mirror, to a path on the host. */
export interface RecoverTargetInput extends OperationInput {
  source: string;
  destination: AbsolutePath;
}

/** `action HOST SERVICE ACTION ARGUMENT…`: one of the actions of a service's charm. What goes in and out passes Temporal by. */
export interface ActionInput extends OperationInput {
  service: ServiceName;
  action: ActionName;
  args?: string[];
  /** What the action reads: `stream` for what the client has put on the host, or a file of the host. */
  input?: 'stream' | AbsolutePath;
  /** A file of the host for what the action writes; left out, the client fetches it. */
  output?: AbsolutePath;
}

export interface ActionResult extends OperationResult {
  output?: { path: AbsolutePath; bytes: number; sha256: string };
}

/** One name, four places: workflow type -> input. The command word is the type in kebab case. */
export interface Operations {
  vpsSetup: VpsSetupInput;
  deploy: DeployInput;
  up: UpInput;
  backupInstall: BackupInstallInput;
  backup: BackupInput;
  recover: RecoverInput;
  recoverTarget: RecoverTargetInput;
  compose: ComposeInput;
  update: UpdateInput;
  cutoff: CutoffInput;
  action: ActionInput;
}

export type OperationName = keyof Operations;

export const operationNames = [
  'vpsSetup',
  'deploy',
  'up',
  'backupInstall',
  'backup',
  'recover',
  'recoverTarget',
  'compose',
  'update',
  'cutoff',
  'action',
] as const satisfies readonly OperationName[];

/** `backupInstall` -> `backup-install`. */
export const commandWord = (operation: string): string =>
  operation.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** One operation on several hosts: a parent with one child per host (workflow type `fleet`). */
export interface FleetInput {
  operationId: OperationId;
  operation: OperationName;
  inputs: OperationInput[];
  /** Hosts at once; 10 when left out. */
  parallel?: number;
}

export interface FleetResult {
  hosts: { host: HostName; ok: boolean; changed: string[]; summary: string }[];
}

/** Holds a mirror's lock for a recovery (workflow type `holdBackup`). */
export interface HoldBackupInput extends OperationInput {
  ident: Ident;
}

/**
 * Tries to start an operation until its lock is free (workflow type `waiter`); promises no order.
 */
export interface WaiterInput {
  operation: OperationName | 'holdBackup';
  input: OperationInput;
  /**
   * The mirror whose lock the operation needs; left out, it is the operation's own lock on its
   * host.
   */
  ident?: Ident;
  /** Each try cancels whatever holds the lock. */
  cancelHolder?: boolean;
  /** The parent is sent the signal `started` when the operation has begun. */
  tellParent?: boolean;
  /** The shortest wait between two tries; 2 when left out. */
  waitSeconds?: number;
  /** When the first of its runs began; handed on to the next run. */
  waitingSinceMs?: number;
}

/** What a Schedule starts: it makes its own workflow id the operation id (workflow type `scheduledBackup`). */
export interface ScheduledBackupInput {
  host: HostName;
  ident: Ident;
}
