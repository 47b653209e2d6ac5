import { ActivityCancellationType, type ActivityOptions } from '@temporalio/workflow';

/** Retries are data, each number with its why. Types that never retry are named by the failures themselves (nonRetryable). */
const retry = {
  initialInterval: '1 s',
  backoffCoefficient: 2,
  // A host that reboots is back within a minute or two: a longer interval would only add to the wait.
  maximumInterval: '30 s',
} as const;

/** Heartbeats come every second or two, at least every five; several may be lost before the worker is taken for dead. */
const heartbeatTimeout = '30 s';

/** One look: a round trip, a few files read. */
export const looking: ActivityOptions = {
  startToCloseTimeout: '2 min',
  // An unreachable host is reported to the operator while they still watch.
  scheduleToCloseTimeout: '10 min',
  heartbeatTimeout,
  retry,
};

/** A walk over a mirror of millions of files, on the target. */
export const walking: ActivityOptions = {
  ...looking,
  startToCloseTimeout: '20 min',
  scheduleToCloseTimeout: '1 h',
};

/** A look that may find a service not ready yet: it was waited for before, so a minute tells that it does not stay up. */
export const probing: ActivityOptions = {
  startToCloseTimeout: '1 min',
  scheduleToCloseTimeout: '2 min',
  heartbeatTimeout,
  retry: { ...retry, maximumInterval: '5 s' },
};

/** A stage that changes the host through a named job: it is cancelled by stopping the job, and that is waited for. */
export const changing: ActivityOptions = {
  // apt on a slow mirror; a stalled job is ended by its own stall limit long before.
  startToCloseTimeout: '1 h',
  scheduleToCloseTimeout: '6 h',
  heartbeatTimeout,
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry,
};

/** Bytes of a whole host: an attempt that ends too early would only attach again, and a stalled job is ended by its own limit. */
export const transferring: ActivityOptions = {
  ...changing,
  startToCloseTimeout: '24 h',
  scheduleToCloseTimeout: '7 days',
};
