import { ApplicationFailure } from '@temporalio/common';
import { type YamlError, renderMasked } from '../charms/engine/index.js';
import { withoutLogins } from '../workflows/contract/secret-addresses.js';
import { BadInput } from '../workflows/contract/bad-input.js';

/** How workflows tell failures apart: `failure.type`. Only HostUnreachable is worth another try as it stands. */
export type FailureType =
  | 'HostUnreachable'
  | 'HostKeyChanged'
  | 'HostKeyUnknown'
  | 'AuthenticationRefused'
  | 'BadInput'
  | 'ConfigurationBroken'
  | 'HostManagedElsewhere'
  | 'ControlPlaneUnclear'
  | 'HostHeldByLater'
  | 'OutputTooLarge'
  | 'JobFailed'
  | 'JobStalled'
  | 'LookFailed'
  | 'DockerFailed'
  | 'ServiceUnhealthy'
  | 'CharmsUnreachable';

function final(type: FailureType, message: string, cause?: unknown): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true, ...causedBy(cause) });
}

const causedBy = (cause: unknown) => (cause instanceof Error ? { cause } : {});

/** The link, not the host's answer: refused, timed out, cut. */
export function hostUnreachable(host: string, why: string, cause?: unknown): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'HostUnreachable' satisfies FailureType,
    message: `${host} cannot be reached: ${why}; it is tried again, meanwhile check that it is up and its address is right`,
    nonRetryable: false,
    ...causedBy(cause),
  });
}

/** At the beginning of an operation, when nothing would be left half done. */
export function hostNeverReached(host: string, seconds: number, cause: Error): ApplicationFailure {
  const why = cause.message.replace(/; it is tried again.*/s, '');
  return final(
    'HostUnreachable',
    `${why}; it was tried for ${seconds} s and nothing was begun: check that ${host} is up and its address is right, then run ` +
      'the operation again',
    cause,
  );
}

/** `presented` is what the host showed: a fingerprint, or that it has no key of a pinned type. */
export function hostKeyChanged(host: string, presented: string): ApplicationFailure {
  return final(
    'HostKeyChanged',
    `${host} showed another host key than the pinned one (${presented}); if it was reinstalled, put its new key in ` +
      'host-keys of the configuration, otherwise someone may be in between',
  );
}

export function hostKeyUnknown(host: string): ApplicationFailure {
  return final(
    'HostKeyUnknown',
    `${host} has no pinned host key that can be used; run \`myc-wf start vps-setup ${host}\`, which shows its key and pins it`,
  );
}

export function authenticationRefused(
  host: string,
  user: string,
  why: string,
  cause?: unknown,
): ApplicationFailure {
  return final(
    'AuthenticationRefused',
    `${host} cannot be entered as ${user}: ${why}; put the right identity-file and user in the configuration, or the ` +
      "key in the host's authorized_keys",
    cause,
  );
}

export function badInput(error: BadInput): ApplicationFailure {
  return final('BadInput', error.message, error);
}

/** A YAML file of a host: each fault with its place, the line under a mask, and what to write. */
export function badYaml({ problems }: YamlError): ApplicationFailure {
  return final('BadInput', problems.slice(0, 5).map(renderMasked).join('\n'));
}

/** The worker's files, not the input: tried again, since whoever edits them is about to put them right. */
export function configurationBroken(error: Error & { next?: string | undefined }): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'ConfigurationBroken' satisfies FailureType,
    message: `the worker's configuration is broken: ${error.message}${error.next === undefined ? '' : `\n  ${error.next}`}`,
    nonRetryable: false,
    cause: error,
  });
}

export function outputTooLarge(host: string, command: string): ApplicationFailure {
  return final(
    'OutputTooLarge',
    `\`${command}\` on ${host} wrote more than 8 MiB; have it write to a file on the host, or narrow it`,
  );
}

/** `other` is who, and since when. */
export function hostManagedElsewhere(host: string, other: string): ApplicationFailure {
  return final(
    'HostManagedElsewhere',
    `${host} is managed by another control plane (${other}); use that one, or take the host over with --takeover`,
  );
}

/**
 * `why` completes "the record …": it is there, and names no control plane, so that none may go on
 * by itself.
 */
export function controlPlaneUnclear(host: string, why: string): ApplicationFailure {
  return final(
    'ControlPlaneUnclear',
    `${host} cannot say which control plane manages it: /var/lib/myc-wf/control-plane there ${why}; if it is this one, run the ` +
      'operation again with --takeover, which writes the record anew',
  );
}

/**
 * Of an operation that was ended from outside while it was at work: the host belongs to a later
 * one. `holder` is what the host says of that one, `WORD ID SINCE`, or why its record cannot be
 * read.
 */
export function hostHeldByLater(host: string, holder: string): ApplicationFailure {
  const [, word, id, since] = /^([a-z-]{1,40}) ([0-9TZ]{16}-[a-z0-9]{6}) ([0-9TZ:-]{17})$/.exec(holder) ?? [];
  if (word === undefined)
    return final(
      'HostHeldByLater',
      `${host} cannot say which operation holds it: its record /var/lib/myc-wf/operation is damaged; nothing was changed: start ` +
        'the operation again, which writes the record anew',
    );
  return final(
    'HostHeldByLater',
    `this operation was ended, and ${word} (${id}) holds ${host} since ${since}: nothing more is changed there for this one; start it ` +
      `again when that one is over. If the clock of the Temporal server was set back, remove /var/lib/myc-wf/operation on ${host} first`,
  );
}

/** A look that ran and failed: the host may be in the middle of something, so it is worth another try. */
export function lookFailed(host: string | undefined, stderr: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'LookFailed' satisfies FailureType,
    message: `${host ?? 'the host'} could not be looked at: ${stderr.trim().slice(-500)}`,
    nonRetryable: false,
  });
}

/** Docker answered, and not what was asked for; it may be restarting. */
export function dockerFailed(host: string | undefined, what: string, cause: unknown): ApplicationFailure {
  const why = cause instanceof Error ? cause.message : String(cause);
  return ApplicationFailure.create({
    type: 'DockerFailed' satisfies FailureType,
    message: `docker on ${host ?? 'the host'} could not ${what}: ${why}; see systemctl status docker there`,
    nonRetryable: false,
    ...causedBy(cause),
  });
}

/** A Git server, when what is pinned is not in the cache yet: nothing was begun that would have to go on. */
export function charmsUnreachable(name: string, url: string, why: string): ApplicationFailure {
  return final(
    'CharmsUnreachable',
    `the charm repository ${name} cannot be fetched from ${withoutLogins(url)}: ${withoutLogins(why)}; check that its server is up and lets this machine in, then run ` +
      'it again',
  );
}

/** A service that may still be starting; tried again until the step's time is over. */
export function serviceUnhealthy(host: string, why: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'ServiceUnhealthy' satisfies FailureType,
    message: `${why} on ${host}; see its log there with docker logs`,
    nonRetryable: false,
  });
}

export interface JobEnd {
  host: string;
  step: string;
  subject?: string;
  /** Secrets masked already: see JobResult. */
  lastLines?: readonly string[];
}

const named = ({ step, subject }: JobEnd) => (subject === undefined ? step : `${step} (${subject})`);
const ending = ({ lastLines = [] }: JobEnd) => (lastLines.length === 0 ? '' : `\n${lastLines.join('\n')}`);

/** For the caller of runJob that takes a non-zero exit as the end of the operation. */
export function jobFailed(job: JobEnd & { exit: number }): ApplicationFailure {
  return final(
    'JobFailed',
    `${named(job)} failed on ${job.host} with exit code ${job.exit}; its last lines say why, then run the operation again` +
      ending(job),
  );
}

export function jobStalled(job: JobEnd & { seconds: number; phase: string }): ApplicationFailure {
  return final(
    'JobStalled',
    `${named(job)} on ${job.host} did not move for ${job.seconds} s and was stopped (last: ${job.phase}); look at the host, ` +
      `then run the operation again${ending(job)}`,
  );
}

/** An activity that parses what it is handed: a contract's BadInput becomes a final failure, anything else passes. */
export function accepting<A extends unknown[], R>(
  activity: (...args: A) => R | Promise<R>,
): (...args: A) => Promise<R> {
  return async (...args) => {
    try {
      return await activity(...args);
    } catch (error) {
      throw error instanceof BadInput ? badInput(error) : error;
    }
  };
}
