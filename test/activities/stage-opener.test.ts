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

test('an operation that holds the host says which one it is and since when; a reset one says so again', async () => {
  const claims: string[][] = [];
  const answering: Remote = {
    ...unreachable,
    exec: (argv) => {
      claims.push(argv.slice(3));
      return Promise.resolve({ exit: 0, stdout: '', stderr: '' });
    },
  };
  const opening = stageOpener({
    remotes: { ...remotes, host: () => Promise.resolve(answering) },
    controlPlane: () => Promise.resolve({ id: 'a'.repeat(32), name: 'here' }),
  });
  const run = (workflowId: string, runId: string) => {
    const context = triedFor(0);
    Object.assign(context.info, {
      ...{
        workflowExecution: { workflowId, runId },
        workflowType: 'backupInstall',
        scheduledTimestampMs: 1764.5,
      },
    });
    return opening(context, input);
  };
  for (const runId of ['one', 'one', 'reset']) await run('host/vps1.lab', runId);
  await run('backup/vps1.lab', 'two');
  const claim = ['claim.sh', 'claim', 'a'.repeat(32), 'here'];
  const holding = [...claim, input.operationId, '1764', 'backup-install'];
  expect(claims).toEqual([holding, holding, claim]);
});

test('stages that begin together ask the host once, and one of them tells what that came to', async () => {
  let asked = 0;
  const answering: Remote = {
    ...unreachable,
    exec: () => {
      asked += 1;
      return Promise.resolve({ exit: 0, stdout: 'other elsewhere 2026-11-20T10:00Z\n', stderr: '' });
    },
  };
  const opening = stageOpener({
    remotes: { ...remotes, host: () => Promise.resolve(answering) },
    controlPlane: () => Promise.resolve({ id: 'a'.repeat(32), name: 'here' }),
  });
  const stages = await Promise.all([1, 2].map(() => opening(triedFor(0), { ...input, takeover: true })));
  expect(asked).toBe(1);
  expect(stages.flatMap(({ before = [] }) => before)).toEqual([
    'took the host over from elsewhere, since 2026-11-20T10:00Z',
  ]);
});
