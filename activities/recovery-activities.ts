import type { StageInput, StageResult } from './activities.js';

/** The pieces of a recovery; each may be asked for again at any point. */
export interface RecoveryActivities {
  /** What the target keeps of the ident; UnknownIdent, BackupUnusable. Changes nothing. */
  inspectBackup(input: SourceInput): Promise<Inspection>;
  /**
   * BadInput for a place where a recovery puts nothing, DestinationRefused for one that leads
   * elsewhere on the host or that a running container uses, DestinationHoldsData when something
   * stands there and no consent was given; `empty` when nothing does. Changes nothing.
   */
  checkDestination(input: SwapInput): Promise<{ empty: boolean }>;
  /** A folder for the stage with a key of its own, which it answers; and rsync, unless another stage installs it. */
  ensureStage(input: StageKeyInput): Promise<StageKey>;
  /** The key may read the ident's mirror until it expires; answers the account. */
  requestRestoreKey(input: KeyInput): Promise<{ user: string }>;
  pullBackup(input: PullInput): Promise<StagedFiles>;
  /** BackupUnusable, with names, unless the stage is what the manifest's listing says. */
  verifyStage(input: VerifyInput): Promise<VerifiedFiles>;
  /** The staged trees take their places; the old ones are kept aside. */
  swapData(input: SwapInput): Promise<void>;
  /** Roles and databases into the empty services, which run. */
  restoreDatabases(input: RestoreInput): Promise<RestoredDatabases>;
  /** The old trees and the stage go. */
  finishRestore(input: SwapInput): Promise<void>;
  /** The stage goes, and what was swapped stays: for a recovery that ended before the swap. */
  discardStage(input: StageInput): Promise<void>;
  /** On the target; the key's private half goes with the stage. */
  withdrawRestoreKey(input: KeyInput): Promise<void>;
  /** Every key that may write the ident's mirror, those of hosts that are gone; answers how many. */
  withdrawPushKeys(input: SourceInput): Promise<{ withdrawn: number }>;
  /** The schedules that write the ident's mirror; answers the hosts of those that were not paused yet. */
  pauseBackups(input: SourceInput): Promise<{ paused: string[] }>;
  resumeBackups(input: { hosts: string[] }): Promise<void>;
}

export interface SourceInput extends StageInput {
  target: string;
  admin?: string;
  ident: string;
  /** A mirror without a manifest is taken as it is. */
  unverified?: boolean;
}

export interface Inspection {
  files: number;
  bytes: number;
  /** Left out for a mirror without one that was accepted unverified. */
  manifest?: {
    host: string;
    operationId: string;
    listing: string;
    completedAt: string;
    directories: string[];
    services: string[];
    /** What its containers ran, of registries. */
    images: string[];
    /** Those among them that its databases ran. */
    databaseImages: string[];
    /** Services whose databases were dumped. */
    databases: string[];
    volatile: number;
  };
  /** The mirror was written to after its manifest: a backup was cut off, and verification will tell whether it matters. */
  changedSince: boolean;
}

export interface StageKeyInput extends SourceInput {
  /** Install what the transfer needs. */
  packages: boolean;
}

export interface StageKey extends StageResult {
  publicKey?: string;
}

export interface KeyInput extends SourceInput {
  publicKey: string;
}

export interface PullInput extends SourceInput {
  user: string;
  paths: string[];
  totalBytes: number;
  /** Counts the answers of a person: each is a pull of its own. */
  round: number;
}

export interface StagedFiles {
  files: number;
  bytes: number;
}

export interface VerifiedFiles extends StagedFiles {
  /**
   * Links in data that lead out of their folder, with what they say; they come back as they are.
   */
  leaving?: { count: number; names: string[] };
}

export interface VerifyInput extends StageInput {
  paths: string[];
  /**
   * Where each of the paths goes on the host, which decides what may be in it; the paths themselves
   * when left out.
   */
  destinations?: string[];
  /** SHA-256 of the listing, from the manifest; without it only what could reach out of the stage is looked for. */
  listing?: string;
}

export interface SwapInput extends StageInput {
  places: Place[];
  /** The compose project whose containers use what is replaced; they are removed. */
  stopProject: boolean;
  mayReplace: boolean;
}

export interface Place {
  /** `settings` is replaced without consent, and kept aside like the rest. */
  kind: 'data' | 'settings';
  path: string;
  destination: string;
}

export interface RestoredDatabases {
  databases: number;
  /**
   * What was not restored, since only a superuser can make it or since it would make one: a line
   * each, at most 50.
   */
  left?: string[];
}

export interface RestoreInput extends StageInput {
  ident: string;
  /** Those of the manifest that was inspected. */
  backupId: string;
  services: string[];
}
