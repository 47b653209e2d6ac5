import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Context } from '@temporalio/activity';
import { Client, Connection } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine, Look, StartRequest } from '../../client/engine.js';
import { temporalEngine } from '../../client/temporal-engine.js';
import { makePayloadCodec } from '../../worker/codec/payload-codec.js';
import { type TemporalServer, startTemporalServer } from '../../worker/temporal-server.js';

let folder: string;
let server: TemporalServer;
let engine: Engine;
let worker: Worker;
let working: Promise<void>;
let shutDown = false;
let pushed = false;

const request: StartRequest = {
  workflowType: 'deploy',
  workflowId: 'host/vps1.lab',
  input: { host: 'vps1.lab' },
  searchAttributes: { Host: 'vps1.lab', Operation: 'deploy' },
};

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'myc-wf-engine-'));
  server = await startTemporalServer({ dataDirectory: folder, port: 0, uiPort: 0 });
  const payloadCodecs: PayloadCodec[] = [makePayloadCodec(Buffer.alloc(32, 7))];
  const connection = await Connection.connect({ address: server.address });
  const client = new Client({ connection, dataConverter: { payloadCodecs } });
  engine = temporalEngine({
    client,
    uiUrl: (id) => `${server.uiUrl}/${id}`,
    close: () => connection.close(),
  });
  worker = await Worker.create({
    connection: await NativeConnection.connect({ address: server.address }),
    taskQueue: 'myc-wf',
    dataConverter: { payloadCodecs },
    workflowsPath: fileURLToPath(new URL('fixtures/workflows.ts', import.meta.url)),
    activities: {
      push: async () => {
        while (!pushed) {
          Context.current().heartbeat({ step: 'data', phase: 'mirror', bytes: 262, totalBytes: 429 });
          await sleep(100);
        }
      },
    },
    maxHeartbeatThrottleInterval: '1 s',
  });
  working = worker.run();
});

afterAll(async () => {
  await endWorker();
  await engine.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function endWorker(): Promise<void> {
  if (!shutDown) worker.shutdown();
  shutDown = true;
  await working;
}

async function lookUntil(good: (look: Look) => boolean): Promise<Look> {
  for (let tries = 0; ; tries += 1) {
    const look = await engine.look('host/vps1.lab');
    if (good(look) || tries > 100) return look;
    await sleep(200);
  }
}

test('a run from its start to its result, as the commands see it', async () => {
  const { runId } = await engine.start(request);

  const look = await lookUntil(({ pending }) => pending.some(({ heartbeat }) => heartbeat !== undefined));
  expect(look).toMatchObject({ workflowId: 'host/vps1.lab', runId, type: 'deploy', status: 'running' });
  expect(look.progress).toMatchObject({ operation: 'deploy', question: { text: 'go on?' } });
  expect(look.pending).toEqual([
    {
      type: 'push',
      attempt: 1,
      heartbeat: { step: 'data', phase: 'mirror', bytes: 262, totalBytes: 429 },
    },
  ]);
  expect(await engine.pollers()).toBeGreaterThan(0);

  const second = await engine.start(request).catch((error: unknown) => error);
  expect(second).toMatchObject({ exitCode: 11 });
  expect(String(second)).toMatch(/vps1\.lab is busy: deploy, started \d\d:\d\d; myc-wf follow vps1\.lab/);

  pushed = true;
  await engine.answer('host/vps1.lab', { answer: 'yes', question: 'd1' });
  expect(await engine.result('host/vps1.lab', runId)).toEqual({
    host: 'vps1.lab',
    changed: ['answered yes to d1'],
    summary: 'done',
  });
  expect((await lookUntil(({ status }) => status !== 'running')).status).toBe('completed');
  // Visibility follows the history by a moment.
  for (let tries = 0; tries < 50; tries += 1) {
    if ((await engine.list({ host: 'vps1.lab', limit: 5 }))[0]?.status === 'completed') break;
    await sleep(200);
  }
  expect(await engine.list({ host: 'vps1.lab', limit: 5 })).toMatchObject([{ runId, status: 'completed' }]);
  expect(await engine.list({ host: 'vps2.lab', limit: 5 })).toEqual([]);
  expect(await engine.list({ operation: 'deploy', status: 'completed', limit: 5 })).toMatchObject([
    { runId },
  ]);
  expect(await engine.list({ operation: 'backup', limit: 5 })).toEqual([]);
  for (const status of ['running', 'failed', 'cancelled', 'terminated', 'timed out'] as const)
    expect(await engine.list({ status, limit: 5 }), status).toEqual([]);
});

test('what a finished run did is told without a worker', async () => {
  await endWorker();
  const { status, progress } = await engine.look('host/vps1.lab');
  expect(status).toBe('completed');
  expect(progress).toMatchObject({ operation: 'deploy', steps: [{ id: 'data' }] });
});

test('a run that is not there is not found', async () => {
  await expect(engine.look('host/vps9.lab')).rejects.toMatchObject({ name: 'WorkflowNotFoundError' });
});
