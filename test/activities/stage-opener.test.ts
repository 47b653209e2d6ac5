import type { Context } from '@temporalio/activity';
import { expect, test } from 'vitest';
import type { Remote, Remotes } from '../../activities/adapters/remote/remote.js';
import { hostUnreachable } from '../../activities/failures.js';
import { stageOpener } from '../../activities/stage-opener.js';

const input = { operationId: '20261123T031500Z-k3x9qa', host: 'vps1.lab', step: 'set-up', dryRun: false };
const unreachable: Remote = {
  name: 'vps1.lab',
  exec: () => Promise.reject(hostUnreachable('vps1.lab', 'ECONNREFUSED')),
  openUnixSocket: () => Promise.reject(new Error('not asked for')),
};
const remotes: Remotes = {
  host: () => Promise.resolve(unreachable),
  backupTarget: () => Promise.reject(new Error('not asked for')),
  close: () => Promise.resolve(),
};
const open = stageOpener({
  remotes,
  controlPlane: () => Promise.resolve({ id: 'a'.repeat(32), name: 'here' }),
});
const triedFor = (seconds: number, heartbeatDetails?: unknown) =>
  ({
    info: { attempt: 5, scheduledTimestampMs: Date.now() - seconds * 1000, heartbeatDetails },
    cancellationSignal: new AbortController().signal,
    heartbeat: () => undefined,
  }) as unknown as Context;

test('a host that is never reached is tried for a minute, then told for good', async () => {
  await expect(open(triedFor(10), { ...input, first: true })).rejects.toMatchObject({
    type: 'HostUnreachable',
    nonRetryable: false,
  });
  await expect(open(triedFor(65), { ...input, first: true })).rejects.toMatchObject({
    type: 'HostUnreachable',
    nonRetryable: true,
    message:
      'vps1.lab cannot be reached: ECONNREFUSED; it was tried for 65 s and nothing was begun: check that vps1.lab is up and ' +
      'its address is right, then run the operation again',
  });
});

test('one that goes away in the middle is waited for', async () => {
  const later = { type: 'HostUnreachable', nonRetryable: false };
  await expect(open(triedFor(3600), input)).rejects.toMatchObject(later);
  const reached = triedFor(3600, { step: 'set-up', phase: 'looking' });
  await expect(open(reached, { ...input, first: true })).rejects.toMatchObject(later);
});
