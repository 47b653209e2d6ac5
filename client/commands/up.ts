import type { Config } from '../config/schema.js';
import type { Context } from '../context.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';

export interface RunOptions {
  config: Config;
  signal: AbortSignal;
  onReady(ready?: { address?: string; uiUrl?: string }): void;
}

/** `up`: the embedded Temporal and a worker; `worker`: a worker only, for a team's Temporal. Until Ctrl-C. */
export async function up(context: Context): Promise<ExitCode> {
  const module = '../../worker/up.js';
  const { runUp } = (await import(module)) as { runUp: (options: RunOptions) => Promise<void> };
  await runUp(await options(context));
  return exitCodes.done;
}

export async function worker(context: Context): Promise<ExitCode> {
  const module = '../../worker/main.js';
  const { runWorker } = (await import(module)) as { runWorker: (options: RunOptions) => Promise<void> };
  await runWorker(await options(context));
  return exitCodes.done;
}

async function options(context: Context): Promise<RunOptions> {
  const { config } = await context.config();
  return {
    config,
    signal: context.signal,
    onReady: (ready = {}) => {
      const words = ['ready', ready.address, ready.uiUrl].filter((word) => word !== undefined);
      context.output.result({ event: 'ready', ...ready }, words.join('  '));
    },
  };
}
