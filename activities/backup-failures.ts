import { ApplicationFailure } from '@temporalio/common';
import type { JobEnd } from './failures.js';
import { authenticationRefused, hostKeyChanged, jobFailed } from './failures.js';

/** Beside those of failures.ts; all of them final. */
export type BackupFailureType =
  | 'TargetUnreachable'
  | 'TargetRefused'
  | 'UnknownIdent'
  | 'DiskFull'
  | 'BackupUnusable'
  | 'DestinationHoldsData'
  | 'DestinationRefused';

const final = (type: BackupFailureType, message: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(message, type);

/** The administration account answered, and said no. */
export function targetRefused(target: string, words: string, stderr: string): ApplicationFailure {
  const why = stderr.trim().replace(/^error: /, '') || 'it said nothing';
  return final(
    'TargetRefused',
    `the backup target ${target} refused \`${words}\`: ${why.slice(-500)}; see the README of its charm rsync-backup-target`,
  );
}

export const unknownIdent = (target: string, ident: string): ApplicationFailure =>
  final(
    'UnknownIdent',
    `the backup target ${target} keeps no mirror of ${ident}; ssh-key ls shows what it keeps, backup-install makes one`,
  );

/** A backup that must not be brought back as it is. */
export const backupUnusable = (what: string, next: string): ApplicationFailure =>
  final('BackupUnusable', `${what}; ${next}`);

export const destinationHoldsData = (host: string, holds: string): ApplicationFailure =>
  final(
    'DestinationHoldsData',
    `${host}: ${holds}; nothing was replaced. Run again with --yes to replace it: it is kept aside until the recovery is done`,
  );

/** Its path leads elsewhere on the host, or it cannot be exchanged as a whole. */
export const destinationRefused = (host: string, why: string): ApplicationFailure =>
  final(
    'DestinationRefused',
    `${host}: ${why}; nothing was replaced. Name a folder by its real path, with no link and no mount in it, or take it to ` +
      'another folder such as /root/recovered',
  );

export const destinationUsed = (host: string, why: string): ApplicationFailure =>
  final(
    'DestinationRefused',
    `${host}: ${why}, which would go on with what is removed; nothing was replaced. Stop its service first (myc-wf compose ` +
      `${host} stop SERVICE) and bring it up afterwards, or take it to another folder such as /root/recovered`,
  );

export const diskFull = (job: JobEnd): ApplicationFailure =>
  final(
    'DiskFull',
    `${job.step} on ${job.host} found no space left; make room there or on the target, then go on\n${last(job)}`,
  );

const last = ({ lastLines = [] }: JobEnd): string => lastLines.slice(-5).join('\n');

/** The exit codes of scripts/lib/transfer.sh. */
export function transferFailed(
  job: JobEnd & { exit: number },
  target: string,
  user: string,
): ApplicationFailure {
  switch (job.exit) {
    case 28:
      return diskFull(job);
    case 75:
      return final(
        'TargetUnreachable',
        `${job.host} does not get through to the backup target ${target}; check that it is up and has room, then run the ` +
          `operation again\n${last(job)}`,
      );
    case 76:
      return hostKeyChanged(`the backup target ${target}, seen from ${job.host},`, 'see its sshd');
    case 77:
      return authenticationRefused(
        target,
        user,
        `it refused the key of ${job.host}; run myc-wf start backup-install again`,
      );
    default:
      return jobFailed(job);
  }
}
