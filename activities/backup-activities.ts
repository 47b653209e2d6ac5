import type { StageInput, StageResult } from './activities.js';

/** The verbs of backup-install and backup. */
export interface BackupActivities {
  /** rsync, a key pair of the host's own, the target's pinned host key. */
  ensureBackupKey(input: TargetInput): Promise<BackupKey>;
  /** The key may write the ident's mirror; target, ident and account are recorded on the host. */
  ensureBackupAccount(input: AccountInput): Promise<StageResult>;
  /** A Temporal Schedule that backs the host up every night. */
  ensureBackupSchedule(input: ScheduleInput): Promise<StageResult>;
  /** Where the host is backed up to, and what belongs to a backup of it. BadInput when nothing was installed. */
  planBackup(input: StageInput): Promise<BackupPlan>;
  /** Each database on its own, checked. */
  dumpDatabases(input: StageInput): Promise<DumpsResult>;
  /** Dumps and directories to the target. */
  pushMirror(input: PushInput): Promise<PushResult>;
  /** The listing of all files and, last, the manifest. */
  closeBackup(input: StageInput): Promise<CloseResult>;
}

export interface TargetInput extends StageInput {
  /** `backup.lab:10023`: how the configuration names it. */
  target: string;
  admin?: string;
  ident: string;
}

export interface BackupKey extends StageResult {
  /** `ssh-ed25519 AAAA…`; left out on a dry run of a host that has none yet. */
  publicKey?: string;
}

export interface AccountInput extends TargetInput {
  publicKey: string;
  /** Withdraws other keys that may write the mirror: those of a host that is gone. */
  takeover: boolean;
}

export interface ScheduleInput extends StageInput {
  ident: string;
}

export interface BackupPlan {
  target: string;
  ident: string;
  directories: string[];
  /** Services whose databases are dumped. */
  databases: string[];
  /** Services with databases that do not run: their files are mirrored as they are. */
  stopped: string[];
}

export interface DumpsResult {
  databases: number;
  bytes: number;
}

export interface PushInput extends StageInput {
  mayDelete: boolean;
  /** Counts the answers of a person: each is a push of its own. */
  round: number;
}

/** `deleted` with `of`, or `gone`: stopped before anything was deleted. */
export type PushResult =
  | { stopped: false; files: number; bytes: number; sent: number; deleted: number }
  | { stopped: true; deleted: number; of: number }
  | { stopped: true; gone: string };

export interface CloseResult {
  files: number;
  bytes: number;
  special: number;
  volatile: number;
}
