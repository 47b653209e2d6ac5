import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Connected, connect } from '../../client/connect.js';
import { rootMessage } from '../../workflows/steps.js';
import { makeOperationId, taskQueue } from '../../workflows/contract/ids.js';
import { env, startUp } from '../worker/fixtures/start-up.js';

let up: Awaited<ReturnType<typeof startUp>>;
let connected: Connected;
beforeAll(async () => {
  const workflowsPath = fileURLToPath(new URL('fixtures/mirror-lock.ts', import.meta.url));
  up = await startUp(undefined, { workflowsPath });
  connected = await connect(up.settings, env);
});
afterAll(async () => {
  await connected.close();
  await up.stop();
  await up.remove();
});

/** Each test has a mirror of its own. */
let ident = '';
let lock = '';
beforeEach(() => {
  ident = `vps${Number(/\d+/.exec(ident)?.[0] ?? 0) + 1}.lab`;
  lock = `backup/${ident}`;
});
const newId = () => makeOperationId(new Date(), Math.random);
const handleOf = (workflowId: string): WorkflowHandle => connected.client.workflow.getHandle(workflowId);
const start = (type: string, workflowId: string, input: object) =>
  connected.client.workflow.start(type, { taskQueue, workflowId, args: [input] });
const startBackup = () => start('backup', lock, { host: ident, operationId: newId() });
const eventually = <T>(look: () => Promise<T>) => expect.poll(look, { timeout: 30_000, interval: 100 });
const typeAt = (workflowId: string) =>
  handleOf(workflowId)
    .describe()
    .then(({ type, status }) => `${type} ${status.name}`);

async function startRecovery(cancelRunning = false) {
  const operationId = newId();
  const input = { host: 'new.lab', operationId, ident, cancelRunning };
  const recovery = await start('recovery', `host/new-${ident}`, input);
  return { recovery, waiter: `wait/${lock}/${operationId}` };
}
const waiting = (waiter: string) => eventually(() => typeAt(waiter)).toBe('waiter RUNNING');
const holding = () => eventually(() => typeAt(lock)).toBe('holdBackup RUNNING');

test('a recovery gets the mirror when the backup before it has ended, and lets it go', async () => {
  const backup = await startBackup();
  const { recovery, waiter } = await startRecovery();
  await waiting(waiter);
  await backup.signal('end', 'well');
  await holding();
  await recovery.signal('go', 'now');
  expect(await recovery.result()).toBe('recovered');
  expect([await typeAt(lock), await typeAt(waiter)]).toEqual(['holdBackup COMPLETED', 'waiter COMPLETED']);
});

test('a backup that runs is cancelled when the recovery says so', async () => {
  const backup = await startBackup();
  const { recovery } = await startRecovery(true);
  await expect(backup.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  await holding();
  await recovery.signal('go', 'now');
  expect(await recovery.result()).toBe('recovered');
});

test('a recovery that is terminated while it waits leaves nothing that takes the lock later', async () => {
  const backup = await startBackup();
  const { recovery, waiter } = await startRecovery();
  await waiting(waiter);
  await recovery.terminate();
  await eventually(() => typeAt(waiter)).toBe('waiter TERMINATED');
  await backup.signal('end', 'well');
  await backup.result();
  const next = await startBackup();
  await next.signal('end', 'well');
  expect(await next.result()).toMatchObject({ host: ident });
});

test('a recovery that is terminated while it holds the mirror lets it go, across the waiter', async () => {
  const backup = await startBackup();
  const { recovery, waiter } = await startRecovery();
  await waiting(waiter);
  await backup.signal('end', 'well');
  await holding();
  await recovery.terminate();
  await eventually(() => typeAt(lock)).toBe('holdBackup TERMINATED');
});

test('a recovery that is cancelled while it waits ends, and leaves the backup alone', async () => {
  const backup = await startBackup();
  const { recovery, waiter } = await startRecovery();
  await waiting(waiter);
  await recovery.cancel();
  await expect(recovery.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  expect(await typeAt(waiter)).toBe('waiter CANCELLED');
  expect(await typeAt(lock)).toBe('backup RUNNING');
  await backup.terminate();
});

test('a recovery that is cancelled while it holds the mirror holds it until it has cleaned up', async () => {
  const backup = await startBackup();
  const { recovery, waiter } = await startRecovery();
  await waiting(waiter);
  await backup.signal('end', 'well');
  await eventually(() => recovery.query('holds')).toBe(true);
  await recovery.cancel();
  await expect(recovery.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  // Released by the clean-up, not terminated before it.
  expect([await typeAt(lock), await typeAt(waiter)]).toEqual(['holdBackup COMPLETED', 'waiter COMPLETED']);
});

test('a waiter that went on in a new run still ends with whoever needed it', async () => {
  const backup = await startBackup();
  const operationId = newId();
  const input = { host: 'new.lab', operationId, ident };
  const parent = await start('hurried', `host/new-${ident}`, { operation: 'holdBackup', input, ident });
  const waiter = `wait/${lock}/${operationId}`;
  await waiting(waiter);
  const first = (await handleOf(waiter).describe()).runId;
  await eventually(async () => (await handleOf(waiter).describe()).runId).not.toBe(first);
  await parent.terminate();
  await eventually(() => typeAt(waiter)).toBe('waiter TERMINATED');
  await backup.terminate();
});

function startNight() {
  const workflowId = `schedule/${lock}-2026-11-23T02:20:00Z`;
  return start('scheduledBackup', workflowId, { host: ident, ident });
}

test('the backup of the night waits, starts once, and its result and failure pass through', async () => {
  const first = await startBackup();
  const nights = [await startNight()];
  await eventually(async () => (await nights[0]!.describe()).historyLength).toBeGreaterThan(10);
  await first.signal('end', 'well');
  await first.result();
  await eventually(() => typeAt(lock)).toBe('backup RUNNING');
  const second = handleOf(lock);
  const { runId } = await second.describe();
  await second.signal('end', 'well');
  expect(await nights[0]!.result()).toMatchObject({
    summary: expect.stringContaining('mirrored by') as string,
  });
  expect((await handleOf(lock).describe()).runId).toBe(runId);

  const third = await startBackup();
  nights.push(await startNight());
  await eventually(async () => (await nights[1]!.describe()).historyLength).toBeGreaterThan(10);
  await third.signal('end', 'well');
  await third.result();
  await eventually(() => typeAt(lock)).toBe('backup RUNNING');
  await handleOf(lock).signal('end', 'the disk is full');
  const failure: unknown = await nights[1]!.result().catch((error: unknown) => error);
  expect(rootMessage(failure)).toBe('the disk is full');
});

test('a cancel of the night reaches the backup that it waited for to start', async () => {
  const first = await startBackup();
  const night = await startNight();
  await eventually(async () => (await night.describe()).historyLength).toBeGreaterThan(10);
  await first.signal('end', 'well');
  await first.result();
  await eventually(() => typeAt(lock)).toBe('backup RUNNING');
  await night.cancel();
  await expect(night.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  expect(await typeAt(lock)).toBe('backup CANCELLED');
});
