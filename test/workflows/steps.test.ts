import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowFailure,
  TimeoutFailure,
} from '@temporalio/common';
import { expect, test } from 'vitest';
import { failureType, rootMessage } from '../../workflows/steps.js';

const unreachable = ApplicationFailure.create({
  type: 'HostUnreachable',
  message: 'vps1.lab cannot be reached: connect ECONNREFUSED',
  // A plain error on its way through Temporal.
  cause: ApplicationFailure.create({ type: 'Error', message: 'connect ECONNREFUSED' }),
});
const activity = (cause: Error) =>
  new ActivityFailure('Activity task failed', 'a', '1', 'TIMEOUT', 'me', cause);

test('people read the failure itself, neither its wrappers nor its cause', () => {
  const child = new ChildWorkflowFailure(
    'default',
    { workflowId: 'w' },
    'deploy',
    'NON_RETRYABLE_FAILURE',
    activity(unreachable),
  );
  for (const error of [unreachable, activity(unreachable), child]) {
    expect(rootMessage(error)).toBe('vps1.lab cannot be reached: connect ECONNREFUSED');
    expect(failureType(error)).toBe('HostUnreachable');
  }
});

test('without one, the innermost cause says what happened', () => {
  const timeout = activity(new TimeoutFailure('activity StartToClose timeout', undefined, 'START_TO_CLOSE'));
  expect(rootMessage(timeout)).toBe('activity StartToClose timeout');
  expect(failureType(timeout)).toBeUndefined();
  expect(rootMessage('words')).toBe('words');
});
