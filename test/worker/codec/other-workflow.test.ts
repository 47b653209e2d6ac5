import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { type Payload, defaultPayloadConverter } from '@temporalio/common';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { asCommandError } from '../../../client/errors.js';
import { type Connected, connect } from '../../../client/connect.js';
import { Worker } from '@temporalio/worker';
import { makeWorkerDataConverter, workflowInterceptorModules } from '../../../worker/codec/data-converter.js';
import { readKeyFile } from '../../../worker/codec/key-file.js';
import { isOldForm } from '../../../worker/codec/payload-codec.js';
import { taskQueue } from '../../../workflows/contract/ids.js';
import { env, startUp } from '../fixtures/start-up.js';
import { encodeOldForm, oldCodec } from './old-form.js';

let up: Awaited<ReturnType<typeof startUp>>;
let connected: Connected;
let key: Buffer;
beforeAll(async () => {
  up = await startUp();
  key = await readKeyFile(path.join(up.directory, 'codec.key'));
  connected = await connect(up.settings, env);
});
beforeEach(() => void up.touched.splice(0));
afterAll(async () => {
  await connected.close();
  await up.stop();
  await up.remove();
});

const start = (workflowId: string, type = 'touchOnce') =>
  connected.client.workflow.start(type, { taskQueue, workflowId, args: [{ host: workflowId }] });

/** What somebody does who reaches the server without the key: they send again what they saw there. */
async function startWith(workflowId: string, payloads: Payload[]): Promise<string> {
  const { workflowService } = connected.client;
  await workflowService.startWorkflowExecution({
    ...{ namespace: 'default', workflowId, requestId: workflowId, workflowType: { name: 'touchOnce' } },
    ...{ taskQueue: { name: taskQueue }, input: { payloads } },
  });
  const failure: unknown = await connected.client.workflow
    .getHandle(workflowId)
    .result()
    .catch((error: unknown) => error);
  return failure instanceof Error ? asCommandError(failure).message : `came to ${JSON.stringify(failure)}`;
}

const inputOf = async (workflowId: string): Promise<Payload[]> => {
  const { events } = await connected.client.workflow.getHandle(workflowId).fetchHistory();
  return events![0]!.workflowExecutionStartedEventAttributes!.input!.payloads!;
};

test('an input that was seen in one workflow starts no other, and starts its own again', async () => {
  await (await start('host/vps1.lab')).result();
  const seen = await inputOf('host/vps1.lab');
  up.touched.splice(0);
  expect(await startWith('host/vps2.lab', seen)).toBe(
    'the input of touchOnce is refused: a payload belongs to the workflow "host/vps1.lab"; start the operation again',
  );
  expect(up.touched).toEqual([]);
  expect(await startWith('host/vps1.lab', seen)).toBe('came to "touched host/vps1.lab"');
});

test('a signal that was seen in one workflow is not heard in another', async () => {
  const [first, second] = [await start('host/a', 'touchTwice'), await start('host/b', 'touchTwice')];
  await first.signal('release', { by: 'the test' });
  await first.result();
  const { events } = await first.fetchHistory();
  const signal = events!.find(
    (event) => event.workflowExecutionSignaledEventAttributes,
  )!.workflowExecutionSignaledEventAttributes!;
  await connected.client.workflowService.signalWorkflowExecution({
    ...{ namespace: 'default', workflowExecution: { workflowId: 'host/b' } },
    ...{ signalName: 'release', input: signal.input! },
  });
  await second.signal('heard', { by: 'nobody: this one is only waited for' });
  await expect.poll(async () => JSON.stringify(await second.fetchHistory())).toContain('"heard"');
  expect((await second.describe()).status.name).toBe('RUNNING');
  await second.signal('release', { by: 'the test' });
  expect(await second.result()).toEqual(['touched host/b', 'touched host/b']);
});

test('a payload of the old form begins nothing new', async () => {
  const old = encodeOldForm(key, defaultPayloadConverter.toPayload({ host: 'old' }));
  expect(await startWith('host/old', [old])).toBe(
    'the input of touchOnce is refused: a payload does not say to which workflow it belongs; start the operation again',
  );
  expect(up.touched).toEqual([]);
});

test('a signal of the old form is heard neither by a live run nor in its replay', async () => {
  const handle = await start('host/live', 'touchTwice');
  const old = encodeOldForm(key, defaultPayloadConverter.toPayload({ by: 'somebody else' }));
  await connected.client.workflowService.signalWorkflowExecution({
    ...{ namespace: 'default', workflowExecution: { workflowId: 'host/live' } },
    ...{ signalName: 'release', input: { payloads: [old] } },
  });
  await handle.signal('heard', { by: 'nobody: this one is only waited for' });
  await expect.poll(async () => JSON.stringify(await handle.fetchHistory())).toContain('"heard"');
  expect((await handle.describe()).status.name).toBe('RUNNING');
  await handle.signal('release', { by: 'the test' });
  await handle.result();
  const options = {
    workflowsPath: fileURLToPath(new URL('../fixtures/workflows.ts', import.meta.url)),
    interceptors: { workflowModules: workflowInterceptorModules },
    dataConverter: makeWorkerDataConverter(key),
  };
  await Worker.runReplayHistory(options, await handle.fetchHistory(), 'host/live');
});

const scheduleOf = (scheduleId: string, workflowType: string, host: string) => ({
  scheduleId,
  spec: { cronExpressions: ['0 3 * * *'] },
  action: {
    ...{ type: 'startWorkflow' as const, workflowType, workflowId: scheduleId, taskQueue },
    args: [{ host, ident: host }],
  },
});

test('what a schedule starts may read the input that was made for the schedule', async () => {
  const { schedule } = connected.client;
  const handle = await schedule.create(scheduleOf('schedule/backup/vps9.lab', 'touchOnce', 'vps9.lab'));
  await handle.trigger();
  await expect.poll(() => up.touched, { timeout: 20_000 }).toEqual(['vps9.lab']);
  await handle.delete();
});

test('a schedule of an earlier release is written again when a worker starts, and nobody else’s is', async () => {
  const connection = await Connection.connect({ address: up.up.address });
  const earlier = new Client({ connection, dataConverter: { payloadCodecs: [oldCodec(key)] } });
  const ours = 'schedule/backup/vps8.lab';
  const others = 'schedule/backup/vps7.lab';
  await earlier.schedule.create(scheduleOf(ours, 'scheduledBackup', 'vps8.lab'));
  await earlier.schedule.create(scheduleOf(others, 'touchOnce', 'vps7.lab'));
  const seen = async () => {
    const rows = [];
    for await (const { scheduleId } of earlier.schedule.list()) rows.push(scheduleId);
    return rows.toSorted();
  };
  await expect.poll(seen, { timeout: 20_000 }).toEqual([others, ours]);
  await connection.close();

  await connected.close();
  await up.stop();
  up = await startUp(up.directory);
  connected = await connect(up.settings, env);
  const payloadOf = async (id: string) => {
    const { raw, action } = await connected.client.schedule.getHandle(id).describe();
    return { old: isOldForm(raw.schedule!.action!.startWorkflow!.input!.payloads![0]!), args: action.args };
  };
  expect(await payloadOf(ours)).toEqual({ old: false, args: [{ host: 'vps8.lab', ident: 'vps8.lab' }] });
  expect((await payloadOf(others)).old).toBe(true);
});
