import type { Context } from '../context.js';
import type { ControlPlane } from '../../activities/claim.js';
import type { Logger } from '../../worker/log.js';
import type { WorkerOptions } from '../../worker/main.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { type TemporalSettings, codecKeyFile } from '../temporal-settings.js';

export interface UpOptions {
  /** In place of stderr: the log, which is bounded there. */
  logFile?: string;
}

/** `up`: the embedded Temporal and a worker; `worker`: a worker only, for a team's Temporal. Until Ctrl-C. */
export const up = (context: Context, options: UpOptions = {}): Promise<ExitCode> =>
  working(context, options, async (given, log) => {
    const { runUp } = await import('../../worker/up.js');
    await runUp({ ...given, say: (line) => log.info(line) });
  });

export const worker = (context: Context, options: UpOptions = {}): Promise<ExitCode> =>
  working(context, options, async (given) => {
    const { runWorker } = await import('../../worker/main.js');
    await runWorker(given);
  });

/** Only `up` and `worker` carry the activities' weight: imported here, when they are needed. */
async function working(
  context: Context,
  { logFile }: UpOptions,
  run: (options: WorkerOptions, log: Logger) => Promise<void>,
): Promise<ExitCode> {
  const { config } = await context.config();
  const { openActivities } = await import('../../activities/open.js');
  const log = await openLog(logFile);
  // Read at the first activity: `up` has made the key by then.
  let controlPlane: Promise<ControlPlane> | undefined;
  const { activities, close } = openActivities(
    context.watchConfig,
    () => (controlPlane ??= readControlPlane(config)),
  );
  const onReady = (ready: { address: string; uiUrl?: string }): void => {
    const { address, uiUrl } = ready;
    const words = ['ready', address, uiUrl].filter((word) => word !== undefined);
    context.output.result({ event: 'ready', ...ready }, words.join('  '));
    tellStarter({ event: 'ready', address, uiUrl });
  };
  try {
    await run({ config, activities, signal: context.signal, onReady, log }, log);
  } catch (error) {
    if (logFile !== undefined) log.error(error instanceof Error ? error.message : String(error));
    throw error;
  } finally {
    await close();
  }
  return exitCodes.done;
}

async function openLog(file: string | undefined): Promise<Logger> {
  const { makeLog } = await import('../../worker/log.js');
  const { rotatingFile } = await import('../../worker/rotating-file.js');
  return file === undefined ? makeLog() : makeLog(rotatingFile(file));
}

/** `up --detach` waits for this word, and then goes: nothing may hold on to it. */
function tellStarter(ready: object): void {
  if (process.send === undefined) return;
  process.send(ready, () => process.disconnect());
}

async function readControlPlane(settings: TemporalSettings): Promise<ControlPlane> {
  const { controlPlaneOf } = await import('../../worker/control-plane.js');
  const { readKeyFile } = await import('../../worker/codec/key-file.js');
  return controlPlaneOf(await readKeyFile(codecKeyFile(settings)));
}
