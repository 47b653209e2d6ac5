import { fileURLToPath } from 'node:url';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findTimeSkippingServer } from '../setup/time-skipping-server.js';

const taskQueue = 'month';
const operationId = '20261123T031500Z-k3x9qa';
/** temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD */
const keyword = 2;
let env: TestWorkflowEnvironment;
let worker: Worker;
let running: Promise<void>;
beforeAll(async () => {
  const executable = { type: 'existing-path', path: await findTimeSkippingServer() } as const;
  env = await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } });
  const searchAttributes = { Host: keyword, Operation: keyword };
  await env.connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes });
  worker = await Worker.create({
    connection: env.nativeConnection,
    taskQueue,
    workflowsPath: fileURLToPath(new URL('fixtures/mirror-lock.ts', import.meta.url)),
  });
  running = worker.run();
});
afterAll(async () => {
  worker?.shutdown();
  await running;
  await env?.teardown();
});

test('a mirror that is held for 30 days is waited for, in histories that stay small', async () => {
  const { workflow } = env.client;
  await workflow.start('asking', { taskQueue, workflowId: 'backup/vps1.lab', args: [{ days: 30 }] });
  const input = { host: 'vps2.lab', operationId, ident: 'vps1.lab', cancelRunning: false };
  const recovery = await workflow.start('recovery', {
    taskQueue,
    workflowId: 'host/vps2.lab',
    args: [input],
  });
  await recovery.signal('go', 'now');
  expect(await recovery.result()).toBe('recovered');
  const { startTime, closeTime } = await recovery.describe();
  const days = (closeTime!.getTime() - startTime.getTime()) / 24 / 3600 / 1000;
  expect(days).toBeGreaterThanOrEqual(30);
  expect(days).toBeLessThan(31);
  expect((await recovery.fetchHistory()).events?.length).toBeLessThan(60);
}, 240_000);
