import { Client } from '@temporalio/client';
import { NativeConnection, type NativeConnectionOptions, Worker } from '@temporalio/worker';
import { taskQueue } from '../workflows/contract/ids.js';
import type { WorkflowSource } from './bundle.js';
import { refuseForeignInput } from './codec/activity-interceptors.js';
import {
  makeDataConverter,
  makeWorkerDataConverter,
  workflowInterceptorModules,
} from './codec/data-converter.js';
import type { Logger } from './log.js';
import { rewriteSchedules } from './rewrite-schedules.js';
import { logOfSdk } from './sdk-log.js';
import { stayAlive } from './stay-alive.js';

export interface PollOptions {
  connectionOptions: NativeConnectionOptions;
  namespace: string;
  /** Of the codec: inputs that are not under it are refused. */
  key: Buffer;
  workflows: WorkflowSource;
  activities: object;
  /** Aborted to stop: running activities get 30 s to end or to see their cancellation. */
  signal: AbortSignal;
  onReady?: () => void;
  log?: Logger | undefined;
}

/** Polls the task queue until the signal is aborted; rejects when the worker fails on its own. */
export async function poll(options: PollOptions): Promise<void> {
  const { connectionOptions, namespace, key, workflows, activities, signal, onReady } = options;
  // Not earlier: what is refused before leaves no native runtime behind, which would hold the process.
  if (options.log !== undefined) logOfSdk(options.log);
  const connection = await NativeConnection.connect(connectionOptions);
  try {
    const worker = await Worker.create({
      connection,
      namespace,
      taskQueue,
      ...workflows,
      activities,
      dataConverter: makeWorkerDataConverter(key),
      // A bundle has the workflow's interceptors in it already; from source they are bundled here.
      interceptors: {
        activity: [refuseForeignInput, stayAlive],
        ...('workflowsPath' in workflows ? { workflowModules: workflowInterceptorModules } : {}),
      },
      shutdownGraceTime: '30 s',
      // Progress on a terminal is read from heartbeats, and a cancel reaches an activity with one.
      maxHeartbeatThrottleInterval: '2 s',
      defaultHeartbeatThrottleInterval: '1 s',
    });
    const client = new Client({ connection, namespace, dataConverter: makeDataConverter(key) });
    // A worker that may not see schedules is of use all the same; what they start then says itself that it is refused.
    await rewriteSchedules(client).catch((error: unknown) =>
      options.log?.warn(`schedules of earlier releases could not be looked for: ${String(error)}`),
    );
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
