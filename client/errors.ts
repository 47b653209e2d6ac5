import { BadInput } from '../workflows/contract/bad-input.js';
import { type ExitCode, exitCodes } from './exit-codes.js';
import { ownValue } from '../workflows/contract/own-value.js';

/** An end of the command with an exit code of its own: what happened, and what to do next. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: ExitCode;
  readonly next: string | undefined;

  constructor(exitCode: ExitCode, what: string, next?: string) {
    super(what);
    this.exitCode = exitCode;
    this.next = next;
  }
}

export const notFound = (what: string, next?: string): CommandError =>
  new CommandError(exitCodes.notFound, what, next);

export const usage = (what: string, next?: string): CommandError =>
  new CommandError(exitCodes.usage, what, next);

/** Failure types of activities/failures.ts that have an exit code of their own; every other failure is 1. */
const exitCodeOfFailure: Record<string, ExitCode> = {
  BadInput: exitCodes.usage,
  HostUnreachable: exitCodes.unreachable,
  HostKeyChanged: exitCodes.unreachable,
  HostKeyUnknown: exitCodes.unreachable,
  AuthenticationRefused: exitCodes.unreachable,
  CharmsUnreachable: exitCodes.unreachable,
  HostBusy: exitCodes.busy,
  UnknownIdent: exitCodes.notFound,
  UnknownHost: exitCodes.notFound,
};

/** gRPC status numbers: deadline exceeded, permission denied, unavailable, unauthenticated. */
const serverTrouble = new Set([4, 7, 14, 16]);

/**
 * Turns whatever was thrown into a CommandError. Told apart by name, not by class: importing the Temporal client for
 * `instanceof` would cost every command half a second.
 */
export function asCommandError(error: unknown): CommandError {
  if (error instanceof CommandError) return error;
  if (error instanceof BadInput) return usage(error.what, error.next);
  if (!(error instanceof Error)) return new CommandError(exitCodes.failed, String(error));
  if (error.name === 'TemporalUnreachable') return new CommandError(exitCodes.unreachable, error.message);
  if (error.name === 'WorkflowNotFoundError') return noRun(error);
  if (error.name === 'ScheduleNotFoundError') return noSchedule(error);
  if (error.name === 'WorkflowFailedError' || error.name === 'WorkflowUpdateFailedError')
    return workflowFailure(error.cause);
  if (error.name === 'ApplicationFailure') return hostFailure(error);
  const refused = innermost(error);
  if ('code' in refused && serverTrouble.has(refused.code as number)) return noTemporal(refused.message);
  if (error.name === 'ServiceError' || error.name === 'TransportError') return noTemporal(refused.message);
  return new CommandError(exitCodes.failed, error.message);
}

/** Temporal says the same of a run that it does not have and of one that is over. */
function noRun(error: Error): CommandError {
  const id = 'workflowId' in error ? String(error.workflowId) : '';
  if (/already completed/.test(error.message))
    return notFound(`${id} is over: nothing runs there now`, `myc-wf result ${id} says how it ended`);
  return notFound(`there is no run of ${id}`, 'myc-wf list shows what there is');
}

function noSchedule(error: Error): CommandError {
  const id = 'scheduleId' in error ? String(error.scheduleId) : '';
  return notFound(
    `there is no ${id}`,
    'myc-wf schedule list shows what there is; start backup-install makes one',
  );
}

/** Of a host that this command asked itself: nobody tries again. */
function hostFailure(failure: Error): CommandError {
  const { message, exitCode } = workflowFailure(failure);
  const [what = '', ...rest] = message.split('; it is tried again, meanwhile ');
  return new CommandError(exitCode, what, rest.length > 0 ? rest.join('') : undefined);
}

const noTemporal = (why: string): CommandError =>
  new CommandError(
    exitCodes.unreachable,
    `Temporal does not answer: ${why}`,
    'start it with myc-wf up, or set temporal.address; myc-wf doctor tells more',
  );

/** The failure an operator needs is the first ApplicationFailure under the wrappers (activity, child workflow). */
export function workflowFailure(cause: unknown): CommandError {
  let failure = cause;
  while (failure instanceof Error && failure.cause instanceof Error && wraps(failure))
    failure = failure.cause;
  if (!(failure instanceof Error)) return new CommandError(exitCodes.failed, 'the workflow failed');
  const type = 'type' in failure && typeof failure.type === 'string' ? failure.type : '';
  const message = failure.name === 'CancelledFailure' ? 'cancelled' : failure.message;
  return new CommandError(ownValue(exitCodeOfFailure, type) ?? exitCodes.failed, message);
}

const wraps = (failure: Error): boolean =>
  ['ActivityFailure', 'ChildWorkflowFailure', 'TimeoutFailure'].includes(failure.name);

function innermost(error: Error): Error {
  let inner = error;
  while (inner.cause instanceof Error) inner = inner.cause;
  return inner;
}
