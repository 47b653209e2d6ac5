import { NativeConnection, type NativeConnectionOptions, Worker } from '@temporalio/worker';
import { taskQueue } from '../workflows/contract/ids.js';
import type { WorkflowSource } from './bundle.js';
import { makePayloadCodec } from './codec/payload-codec.js';

export interface WorkerOptions {
  connectionOptions: NativeConnectionOptions;
  namespace: string;
  /** Of the codec: inputs that are not under it are refused. */
  key: Buffer;
  workflows: WorkflowSource;
  activities: object;
  /** Aborted to stop: running activities get 30 s to end or to see their cancellation. */
  signal: AbortSignal;
  onReady?: () => void;
}

/** Runs a worker until the signal is aborted; rejects when the worker fails on its own. */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const { connectionOptions, namespace, key, workflows, activities, signal, onReady } = options;
  const connection = await NativeConnection.connect(connectionOptions);
  try {
    const worker = await Worker.create({
      connection,
      namespace,
      taskQueue,
      ...workflows,
      activities,
      dataConverter: { payloadCodecs: [makePayloadCodec(key)] },
      shutdownGraceTime: '30 s',
      // Progress on a terminal is read from heartbeats, and a cancel reaches an activity with one.
      maxHeartbeatThrottleInterval: '2 s',
      defaultHeartbeatThrottleInterval: '1 s',
    });
    const running = worker.runUntil(aborted(signal));
    onReady?.();
    await running;
  } finally {
    await connection.close();
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
