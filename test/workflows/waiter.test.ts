import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { planStart } from '../../client/start-request.js';
import type { StartOptions } from '../../client/start-options.js';
import { makeOperationId } from '../../workflows/contract/ids.js';
import type { OperationName } from '../../workflows/contract/operations.js';
import { type RunningEngine, startEngine } from '../worker/fixtures/start-engine.js';

let running: RunningEngine;
beforeAll(async () => {
  const workflowsPath = fileURLToPath(new URL('fixtures/held.ts', import.meta.url));
  running = await startEngine({ workflowsPath });
});
afterAll(() => running.close());
const eventually = <T>(look: () => Promise<T>) => expect.poll(look, { timeout: 30_000, interval: 100 });
/** Each test has a host of its own. */
let host = '';
let lock = '';
beforeEach(() => {
  host = `vps${Number(/\d+/.exec(host)?.[0] ?? 0) + 1}.lab`;
  lock = `host/${host}`;
});
// A signal says something: one without a payload shows no key, and is refused.
const release = (id = lock) => running.connected.client.workflow.getHandle(id).signal('release', 'now');

function start(operation: OperationName, args: string[], options: StartOptions = {}) {
  const operationId = makeOperationId(new Date(), Math.random);
  const { request } = planStart(operation, args, options, operationId);
  return running.engine.start(request).then((execution) => ({ ...execution, operationId, request }));
}
const detailOf = async (workflowId: string) =>
  (await running.engine.look(workflowId)).progress?.steps[0]?.detail;

test('of ten operations started on one host at once one runs, and nine are told which and since when', async () => {
  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => start('deploy', [host])));
  const refused = outcomes.filter((one) => one.status === 'rejected').map(({ reason }) => reason as unknown);
  expect(refused).toHaveLength(9);
  for (const reason of refused)
    expect(reason).toMatchObject({
      exitCode: 11,
      message: expect.stringMatching(
        /^vps\d\.lab is busy: deploy, started \d\d:\d\d; myc-wf follow vps\d\.lab$/,
      ) as string,
      next: 'add --wait to start when it is free',
    });
});

test('--wait on a free host starts at once and ends as the operation does', async () => {
  const { workflowId, operationId } = await start('deploy', [host], { wait: true });
  expect(workflowId).toBe(`wait/${host}/${operationId}`);
  await eventually(async () => (await running.engine.look(workflowId)).progress?.children).toEqual([lock]);
  await release();
  expect(await running.engine.result(workflowId)).toEqual({
    host,
    changed: [operationId],
    summary: `done ${operationId}`,
  });
});

test('--wait on a busy host says so, and starts when it is free', async () => {
  await start('deploy', [host]);
  const { workflowId, operationId } = await start('deploy', [host], { wait: true });
  await eventually(() => detailOf(workflowId)).toMatch(/^vps\d\.lab is busy, tried again every \d+ s$/);
  await release();
  await eventually(async () => (await running.engine.look(workflowId)).progress?.children).toEqual([lock]);
  await release();
  expect(await running.engine.result(workflowId)).toMatchObject({ summary: `done ${operationId}` });
});

test('a long wait goes on in a new run, before its history grows', async () => {
  await start('deploy', [host]);
  const operationId = makeOperationId(new Date(), Math.random);
  const { request } = planStart('deploy', [host], { wait: true }, operationId);
  const { workflowId, runId } = await running.engine.start({
    ...request,
    input: { ...request.input, waitSeconds: 0.001 },
  });
  await eventually(async () => (await running.engine.look(workflowId, runId)).status).toBe('continued');
  await release();
  await eventually(async () => (await running.engine.look(workflowId)).progress?.children).toEqual([lock]);
  await release();
  // Whoever asked for the first run's result is handed the last one's.
  expect(await running.engine.result(workflowId, runId)).toMatchObject({ summary: `done ${operationId}` });
});

test('cancelling a wait leaves the running operation alone', async () => {
  const { runId } = await start('deploy', [host]);
  const { workflowId } = await start('deploy', [host], { wait: true });
  await eventually(() => detailOf(workflowId)).toContain('busy');
  await running.engine.cancel(workflowId);
  await expect(running.engine.result(workflowId)).rejects.toMatchObject({ name: 'WorkflowFailedError' });
  expect(await running.engine.look(lock)).toMatchObject({ runId, status: 'running' });
});

test('a fleet waits for its busy host beside the others, and backups run under their mirror’s lock', async () => {
  await start('deploy', [host]);
  const { workflowId, operationId } = await start('deploy', [host, 'other.lab']);
  await eventually(async () => (await running.engine.look(workflowId)).progress?.children.toSorted()).toEqual(
    ['host/other.lab', `wait/${host}/${operationId}`],
  );
  await release();
  await release('host/other.lab');
  await eventually(() => detailOf(`wait/${host}/${operationId}`)).toBe('free');
  await release();
  expect(await running.engine.result(workflowId)).toMatchObject({ hosts: [{ ok: true }, { ok: true }] });
  await eventually(async () =>
    (await running.engine.list({ host: 'other.lab', limit: 9 })).map(({ status }) => status),
  ).toEqual(['completed']);

  const backups = await start('backup', [host, 'other.lab']);
  expect(await running.engine.result(backups.workflowId)).toMatchObject({
    hosts: [{ ok: true }, { ok: true }],
  });
  expect((await running.engine.look(backups.workflowId)).progress?.children.toSorted()).toEqual([
    'backup/other.lab',
    `backup/${host}`,
  ]);
});
