import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';

import { Client, Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Connected, connect } from '../../client/connect.js';
import { taskQueue } from '../../workflows/contract/ids.js';
import { env, startUp } from './fixtures/start-up.js';

let fleet: Awaited<ReturnType<typeof startUp>>;
let connected: Connected;
beforeAll(async () => {
  fleet = await startUp();
  connected = await connect(fleet.settings, env);
});
afterAll(async () => {
  await connected.close();
  await fleet.stop();
  await fleet.remove();
});

test('runs a workflow, and its history shows nothing of what it was about', async () => {
  const { client } = connected;
  const handle = await client.workflow.start('touchOnce', {
    taskQueue,
    workflowId: 'host/vps1',
    args: [{ host: 'canary-7319' }],
  });
  expect(await handle.result()).toBe('touched canary-7319');
  const history = await handle.fetchHistory();
  const completed = temporal.api.enums.v1.EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED;
  expect(history.events?.map(({ eventType }) => eventType)).toContain(completed);
  const bytes = Buffer.from(temporal.api.history.v1.History.encode(history).finish());
  expect(bytes.includes('touchOnce')).toBe(true);
  expect(bytes.includes('canary')).toBe(false);
  expect(connected.uiUrl('host/vps1', 'r1')).toBe(
    `${fleet.up.uiUrl}/namespaces/default/workflows/host%2Fvps1/r1/history`,
  );
});

test('a start by a client without the key runs no activity', async () => {
  const connection = await Connection.connect({ address: fleet.up.address });
  const stranger = new Client({ connection });
  const handle = await stranger.workflow.start('touchOnce', {
    taskQueue,
    workflowId: 'stranger',
    args: [{ host: 'not-under-the-key' }],
  });
  const ours = connected.client.workflow.getHandle(handle.workflowId);
  await expect(ours.result()).rejects.toMatchObject({
    cause: { message: expect.stringContaining('a payload is not encrypted') as string },
  });
  expect(fleet.touched).not.toContain('not-under-the-key');
  await connection.close();
});

test('the search attributes and the retention are set', async () => {
  const { client } = connected;
  const { operatorService } = client.connection as Connection;
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace: 'default' });
  expect(customAttributes).toMatchObject({ Host: 2, Operation: 2 });
  const { config } = await client.workflowService.describeNamespace({ namespace: 'default' });
  expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(90 * 24 * 3600);
});

test('only its user can read what it keeps', async () => {
  expect((await stat(fleet.directory)).mode & 0o777).toBe(0o700);
  for (const file of ['codec.key', 'up.json', 'temporal.log'])
    expect((await stat(path.join(fleet.directory, file))).mode & 0o777).toBe(0o600);
  expect(JSON.parse(await readFile(path.join(fleet.directory, 'up.json'), 'utf8'))).toEqual(fleet.up);
});

test('a server that is killed comes back on its database, and the open workflow completes', async () => {
  const { client } = connected;
  const handle = await client.workflow.start('touchTwice', {
    taskQueue,
    workflowId: 'open',
    args: [{ host: 'survivor' }],
  });
  await expect.poll(() => fleet.touched.filter((host) => host === 'survivor').length).toBe(1);
  await expect
    .poll(async () => JSON.stringify(await handle.fetchHistory()))
    .toContain('activityTaskCompletedEventAttributes":{');
  process.kill(fleet.up.serverPid, 'SIGKILL');
  await expect
    .poll(
      () =>
        handle.signal('release', { by: 'the test' }).then(
          () => 'sent',
          () => 'refused',
        ),
      { timeout: 40_000 },
    )
    .toBe('sent');
  expect(await handle.result()).toEqual(['touched survivor', 'touched survivor']);
  expect(fleet.said).toContain('the Temporal server ended: starting it again');
  const now = JSON.parse(await readFile(path.join(fleet.directory, 'up.json'), 'utf8')) as typeof fleet.up;
  expect(now.address).toBe(fleet.up.address);
  expect(now.serverPid).not.toBe(fleet.up.serverPid);
});
