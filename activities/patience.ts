import type { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { StageInput } from './activities.js';
import { hostNeverReached } from './failures.js';

type Info = Pick<Context['info'], 'heartbeatDetails' | 'scheduledTimestampMs'>;

/** A host that reboots is back by then; who waits for longer watches an address that is wrong. */
const patienceSeconds = 60;

/** In an operation's first stage nothing would be left half done: a host that was never reached is told for good soon. */
export async function reaching<T>(
  info: Info,
  { first }: Pick<StageInput, 'first'>,
  host: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const unreachable = error instanceof ApplicationFailure && error.type === 'HostUnreachable';
    if (!first || !unreachable || wasReached(info)) throw error;
    const seconds = Math.round((Date.now() - info.scheduledTimestampMs) / 1000);
    throw seconds >= patienceSeconds ? hostNeverReached(host, seconds, error) : error;
  }
}

/** What a stage tells of its progress begins once the host was reached, and outlives attempts and workers. */
const wasReached = ({ heartbeatDetails }: Info): boolean => heartbeatDetails !== undefined;
