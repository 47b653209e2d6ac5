import type { Context } from '../context.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';

/** `up`: the embedded Temporal and a worker; `worker`: a worker only, for a team's Temporal. Until Ctrl-C. */
export async function up(context: Context): Promise<ExitCode> {
  const { runUp } = await import('../../worker/up.js');
  await runUp(await options(context));
  return exitCodes.done;
}

export async function worker(context: Context): Promise<ExitCode> {
  const { runWorker } = await import('../../worker/main.js');
  await runWorker(await options(context));
  return exitCodes.done;
}

/** Only `up` and `worker` carry the activities' weight: imported here, when they are needed. */
async function options(context: Context) {
  const { config } = await context.config();
  const { createActivities } = await import('../../activities/index.js');
  return {
    config,
    activities: createActivities({ config }),
    signal: context.signal,
    onReady: (ready: { address: string; uiUrl?: string }) => {
      const { address, uiUrl } = ready;
      const words = ['ready', address, uiUrl].filter((word) => word !== undefined);
      context.output.result({ event: 'ready', ...ready }, words.join('  '));
    },
  };
}
