import { BadInput } from '../workflows/contract/bad-input.js';
import { type TemporalSettings, codecKeyFile, teamConnection } from '../client/temporal-settings.js';
import { type WorkflowSource, findWorkflows } from './bundle.js';
import { readKeyFile } from './codec/key-file.js';
import type { Logger } from './log.js';
import { poll } from './run-worker.js';

export interface WorkerOptions {
  config: TemporalSettings;
  activities: object;
  /** Those of the build when left out. */
  workflows?: WorkflowSource;
  signal: AbortSignal;
  onReady?: (ready: { address: string }) => void;
  env?: NodeJS.ProcessEnv;
  /** Takes what Temporal's SDK says; its own words on stderr when left out. */
  log?: Logger;
}

/** A worker for a team's Temporal, until the signal is aborted; `up` has its own. */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const { config, activities, workflows = findWorkflows(), signal, onReady, env = process.env } = options;
  const team = await teamConnection(config, env);
  if (team === undefined)
    throw new BadInput(
      "worker is for a team's Temporal, and none is configured",
      'run myc-wf up, which has a worker, or set temporal.address',
    );
  const { connectionOptions, namespace } = team;
  await poll({
    connectionOptions,
    namespace,
    key: await readKeyFile(codecKeyFile(config)),
    workflows,
    activities,
    signal,
    log: options.log,
    onReady: () => onReady?.({ address: connectionOptions.address }),
  });
}
