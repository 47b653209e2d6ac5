import { readFile } from 'node:fs/promises';
import { BadInput } from '../workflows/contract/bad-input.js';
import {
  type TemporalSettings,
  codecKeyFile,
  dataDirectory,
  teamConnection,
} from '../client/temporal-settings.js';
import { type UpFile, readUpFile, removeUpFile, writeUpFile } from '../client/up-file.js';
import { type WorkflowSource, findWorkflows } from './bundle.js';
import { ensureKeyFile } from './codec/key-file.js';
import { runWorker } from './main.js';
import { superviseServer } from './supervise-server.js';

export interface UpOptions {
  settings: TemporalSettings;
  activities: object;
  /** Those of the build when left out. */
  workflows?: WorkflowSource;
  /** Aborted to stop worker and server. */
  signal: AbortSignal;
  onReady?: (up: UpFile) => void;
  env?: NodeJS.ProcessEnv;
  say?: (line: string) => void;
}

/** The embedded Temporal and a worker in one, until the signal is aborted. */
export async function runUp(options: UpOptions): Promise<void> {
  const { settings, activities, workflows = findWorkflows(), signal, onReady, env = process.env } = options;
  const { say = (line: string) => void process.stderr.write(`${line}\n`) } = options;
  const team = await teamConnection(settings, env);
  if (team !== undefined)
    throw new BadInput(
      `up runs its own Temporal, but ${team.connectionOptions.address} is configured`,
      'run myc-wf worker, or leave out temporal.address and TEMPORAL_ADDRESS',
    );
  const directory = dataDirectory(settings);
  await refuseSecond(directory);
  const key = await ensureKeyFile(codecKeyFile(settings));
  const { port, 'ui-port': uiPort } = settings.temporal ?? {};
  const server = await superviseServer({
    dataDirectory: directory,
    ...(port === undefined ? {} : { port }),
    ...(uiPort === undefined ? {} : { uiPort }),
    env,
    say,
  });
  const stop = AbortSignal.any([signal, server.failed]);
  const up = (): UpFile => ({ ...server.current(), pid: process.pid });
  try {
    await writeUpFile(directory, up());
    server.onRestart(() => writeUpFile(directory, up()));
    const { address, namespace } = up();
    await runWorker({
      connectionOptions: { address },
      namespace,
      key,
      workflows,
      activities,
      signal: stop,
      onReady: () => onReady?.(up()),
    });
    if (server.failed.aborted) throw server.failed.reason as Error;
  } finally {
    await removeUpFile(directory);
    await server.stop();
  }
}

/** Two servers on one SQLite file would damage it. */
async function refuseSecond(directory: string): Promise<void> {
  const other = await readUpFile(directory);
  if (other === undefined || other.pid === process.pid || !(await isMycWf(other.pid))) return;
  throw new BadInput(
    `myc-wf up runs already in ${directory}, as process ${other.pid}`,
    'use it, stop it, or choose another data-directory',
  );
}

/** A process number is used again after a reboot: what it runs is looked at. */
async function isMycWf(pid: number): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return /node|myc-wf|tsx/.test(command);
}
