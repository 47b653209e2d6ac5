import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { NativeConnection, Worker, bundleWorkflowCode } from '@temporalio/worker';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { refuseForeignInput } from '../../../worker/codec/activity-interceptors.js';
import {
  failureConverterPath,
  makeDataConverter,
  makeWorkerDataConverter,
  workflowInterceptorModules,
} from '../../../worker/codec/data-converter.js';
import { type TemporalServer, startTemporalServer } from '../../../worker/temporal-server.js';

const key = randomBytes(32);
const taskQueue = 'refusal';
const touched: string[] = [];
let folder: string;
let server: TemporalServer;
let connection: Connection;
let native: NativeConnection;
let worker: Worker;
let running: Promise<void>;
let ours: Client;
let foreign: Client;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'myc-wf-refusal-'));
  server = await startTemporalServer({ dataDirectory: folder, port: 0, uiPort: 0 });
  const { address } = server;
  connection = await Connection.connect({ address });
  native = await NativeConnection.connect({ address });
  ours = new Client({ connection, dataConverter: makeDataConverter(key) });
  foreign = new Client({ connection });
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('./fixtures/workflows.ts', import.meta.url)),
    workflowInterceptorModules,
    failureConverterPath,
  });
  worker = await Worker.create({
    connection: native,
    taskQueue,
    workflowBundle,
    interceptors: { activity: [refuseForeignInput] },
    dataConverter: makeWorkerDataConverter(key),
    activities: {
      touch: ({ name }: { name: string }) => {
        if (name.startsWith('fail')) throw new Error(`cannot touch ${name}`);
        touched.push(name);
        return { touched: name };
      },
    },
  });
  running = worker.run();
});
beforeEach(() => void touched.splice(0));
afterAll(async () => {
  worker?.shutdown();
  await running;
  await connection?.close();
  await native?.close();
  await server?.stop();
  await rm(folder, { recursive: true });
});

const start = (client: Client, type: string, ...args: unknown[]) =>
  client.workflow.start(type, { taskQueue, workflowId: randomUUID(), args });

/** Every string and every byte of the history, in one text. */
async function historyOf(handle: WorkflowHandle): Promise<string> {
  const texts: string[] = [];
  const walk = (value: unknown): void => {
    if (value instanceof Uint8Array) texts.push(Buffer.from(value).toString('latin1'));
    else if (typeof value === 'string') texts.push(value);
    else if (typeof value === 'object' && value !== null)
      for (const [name, inner] of Object.entries(value)) {
        texts.push(name);
        walk(inner);
      }
  };
  walk(await handle.fetchHistory());
  return texts.join('\n');
}

async function failureOf(result: Promise<unknown>): Promise<string> {
  const error = await result.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(WorkflowFailedError);
  let inner = error as Error;
  while (inner.cause instanceof Error) inner = inner.cause;
  return inner.message;
}

test('an input under the key runs, through a child too, and history shows nothing of it', async () => {
  const canary = `canary-${randomUUID()}`;
  const handle = await start(ours, 'touchByChild', { name: canary });
  expect(await handle.result()).toEqual({ touched: canary });
  expect(touched).toEqual([canary]);
  const shown = await historyOf(handle);
  expect(shown).toContain('binary/encrypted');
  // The child's workflow id is chosen by the fixture and is not a payload.
  expect(shown.replaceAll(`child/${canary}`, '')).not.toContain(canary);
});

test('a failure comes back whole, and its message is not in the history', async () => {
  const canary = `fail-${randomUUID()}`;
  const handle = await ours.workflow.start('touchOnce', {
    taskQueue,
    workflowId: randomUUID(),
    args: [{ name: canary }],
    workflowExecutionTimeout: '30 s',
  });
  expect(await failureOf(handle.result())).toBe(`cannot touch ${canary}`);
  const shown = await historyOf(handle);
  expect(shown).toContain('binary/encrypted');
  expect(shown).not.toContain(canary);
});

test('an input that is not encrypted ends the workflow, says why, and no activity runs', async () => {
  const { workflowId } = await start(foreign, 'touchOnce', { name: 'foreign' });
  const message = await failureOf(ours.workflow.getHandle(workflowId).result());
  expect(message).toBe(
    'the input of touchOnce is refused: a payload is not encrypted; start operations with myc-wf, which has the key',
  );
  expect(touched).toEqual([]);
});

test('an input under another key, and none at all, are refused alike', async () => {
  const other = new Client({ connection, dataConverter: makeDataConverter(randomBytes(32)) });
  const first = await start(other, 'touchOnce', { name: 'foreign' });
  expect(await failureOf(ours.workflow.getHandle(first.workflowId).result())).toMatch(
    /a payload is under the codec key \w+, not \w+; give the client and the worker the same codec key file/,
  );
  const second = await start(ours, 'touchOnce');
  expect(await failureOf(second.result())).toContain('there is no input');
  expect(touched).toEqual([]);
});

test('a foreign signal changes nothing and ends nothing; ours is heard', async () => {
  const handle = await start(ours, 'waitForWord', { name: 'waiting' });
  await foreign.workflow.getHandle(handle.workflowId).signal('go', { word: 'foreign' });
  await expect(foreign.workflow.getHandle(handle.workflowId).query('name', {})).rejects.toThrow();
  await handle.signal('go', { word: 'ours' });
  expect(await handle.result()).toBe('ours');
});
