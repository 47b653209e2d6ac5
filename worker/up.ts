import { BadInput } from '../workflows/contract/bad-input.js';
import {
  type TemporalSettings,
  codecKeyFile,
  dataDirectory,
  teamConnection,
} from '../client/temporal-settings.js';
import { type UpFile, removeUpFile, writeUpFile } from '../client/up-file.js';
import { type WorkflowSource, findWorkflows } from './bundle.js';
import { startCodecEndpoint } from './codec/endpoint.js';
import { ensureKeyFile } from './codec/key-file.js';
import { freePort } from './free-port.js';
import { processMark } from './process-mark.js';
import type { Logger } from './log.js';
import { sayOnTerminal } from './say.js';
import { poll } from './run-worker.js';
import { superviseServer } from './supervise-server.js';
import { takeOver } from './take-over.js';
import { lockDirectory } from './up-lock.js';

export interface UpOptions {
  config: TemporalSettings;
  activities: object;
  /** Those of the build when left out. */
  workflows?: WorkflowSource;
  /** Aborted to stop worker and server. */
  signal: AbortSignal;
  onReady?: (up: UpFile) => void;
  env?: NodeJS.ProcessEnv;
  /** Takes what Temporal's SDK says; its own words on stderr when left out. */
  log?: Logger;
  say?: (line: string) => void;
}

/** The embedded Temporal and a worker in one, until the signal is aborted. */
export async function runUp(options: UpOptions): Promise<void> {
  const { config, env = process.env } = options;
  await refuseTeam(config, env);
  const directory = dataDirectory(config);
  const unlock = await lockDirectory(directory);
  try {
    await runIn(directory, options);
  } finally {
    await unlock();
  }
}

/** BadInput when a team's Temporal is configured: then there is nothing to run here. */
export async function refuseTeam(config: TemporalSettings, env: NodeJS.ProcessEnv): Promise<void> {
  const team = await teamConnection(config, env);
  if (team !== undefined)
    throw new BadInput(
      `up runs its own Temporal, but ${team.connectionOptions.address} is configured`,
      'run myc-wf worker, or leave out temporal.address and TEMPORAL_ADDRESS',
    );
}

async function runIn(directory: string, options: UpOptions): Promise<void> {
  const { config, activities, workflows = findWorkflows(), signal, onReady, env = process.env } = options;
  const { log } = options;
  const { say = sayOnTerminal } = options;
  await takeOver(directory, say);
  const key = await ensureKeyFile(codecKeyFile(config));
  const { port, 'ui-port': configuredUiPort } = config.temporal ?? {};
  // Known before the server starts: the endpoint answers to this page only, and the server is told where the endpoint is.
  const uiPort = configuredUiPort === 0 ? await freePort() : (configuredUiPort ?? 8233);
  const endpoint = await startCodecEndpoint({ key, port: 0, uiOrigin: `http://127.0.0.1:${uiPort}` });
  const server = await superviseServer({
    dataDirectory: directory,
    ...(port === undefined ? {} : { port }),
    uiPort,
    uiCodecEndpoint: endpoint.url,
    env,
    say,
  }).catch(async (error: unknown) => {
    await endpoint.close();
    throw error;
  });
  const stop = AbortSignal.any([signal, server.failed]);
  const up = async (): Promise<UpFile> => {
    const current = server.current();
    const mark = async (pid: number): Promise<string> => (await processMark(pid)) ?? '';
    const marks = { pidMark: await mark(process.pid), serverMark: await mark(current.serverPid) };
    return { ...current, pid: process.pid, ...marks };
  };
  try {
    const ready = await up();
    await writeUpFile(directory, ready);
    server.onRestart(async () => writeUpFile(directory, await up()));
    const { address, namespace } = ready;
    await poll({
      connectionOptions: { address },
      namespace,
      key,
      workflows,
      activities,
      log,
      signal: stop,
      onReady: () => onReady?.(ready),
    });
    if (server.failed.aborted) throw server.failed.reason as Error;
  } finally {
    await removeUpFile(directory);
    await server.stop();
    await endpoint.close();
  }
}
