import type { Context } from '../context.js';
import type { ControlPlane } from '../../activities/claim.js';
import type { WorkerOptions } from '../../worker/main.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { type TemporalSettings, codecKeyFile } from '../temporal-settings.js';

/** `up`: the embedded Temporal and a worker; `worker`: a worker only, for a team's Temporal. Until Ctrl-C. */
export const up = (context: Context): Promise<ExitCode> =>
  working(context, async (options) => {
    const { runUp } = await import('../../worker/up.js');
    await runUp(options);
  });

export const worker = (context: Context): Promise<ExitCode> =>
  working(context, async (options) => {
    const { runWorker } = await import('../../worker/main.js');
    await runWorker(options);
  });

/** Only `up` and `worker` carry the activities' weight: imported here, when they are needed. */
async function working(context: Context, run: (options: WorkerOptions) => Promise<void>): Promise<ExitCode> {
  const { config } = await context.config();
  const { openActivities } = await import('../../activities/open.js');
  // Read at the first activity: `up` has made the key by then.
  let controlPlane: Promise<ControlPlane> | undefined;
  const { activities, close } = openActivities(
    context.watchConfig,
    () => (controlPlane ??= readControlPlane(config)),
  );
  try {
    await run({
      config,
      activities,
      signal: context.signal,
      onReady: (ready: { address: string; uiUrl?: string }) => {
        const { address, uiUrl } = ready;
        const words = ['ready', address, uiUrl].filter((word) => word !== undefined);
        context.output.result({ event: 'ready', ...ready }, words.join('  '));
      },
    });
  } finally {
    await close();
  }
  return exitCodes.done;
}

async function readControlPlane(settings: TemporalSettings): Promise<ControlPlane> {
  const { controlPlaneOf } = await import('../../worker/control-plane.js');
  const { readKeyFile } = await import('../../worker/codec/key-file.js');
  return controlPlaneOf(await readKeyFile(codecKeyFile(settings)));
}
