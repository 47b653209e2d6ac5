import type { Config } from '../config/schema.js';
import type { Context } from '../context.js';
import { usage } from '../errors.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';

interface Ready {
  address?: string;
  uiUrl?: string;
}

interface UpModule {
  runUp: (options: {
    settings: Config;
    activities: object;
    signal: AbortSignal;
    onReady: (ready: Ready) => void;
  }) => Promise<void>;
}

interface WorkerModule {
  runWorker: (options: {
    connectionOptions: { address: string };
    namespace: string;
    key: Buffer;
    workflows: object;
    activities: object;
    signal: AbortSignal;
    onReady: () => void;
  }) => Promise<void>;
}

/** `up`: the embedded Temporal and a worker in one process, until Ctrl-C. */
export async function up(context: Context): Promise<ExitCode> {
  const { config } = await context.config();
  const { runUp } = await load<UpModule>('../../worker/up.js');
  const activities = await makeActivities(config);
  await runUp({ settings: config, activities, signal: context.signal, onReady: sayReady(context) });
  return exitCodes.done;
}

/** `worker`: a worker only, for a team's Temporal, until Ctrl-C. */
export async function worker(context: Context): Promise<ExitCode> {
  const { config } = await context.config();
  const { teamConnection, codecKeyFile } = await load<SettingsModule>('../temporal-settings.js');
  const team = await teamConnection(config);
  if (team === undefined)
    throw usage('no Temporal is configured for a worker', 'set temporal.address, or run myc-wf up');
  const { readKeyFile } = await load<KeyModule>('../../worker/codec/key-file.js');
  const { findWorkflows } = await load<BundleModule>('../../worker/bundle.js');
  const { runWorker } = await load<WorkerModule>('../../worker/main.js');
  const ready = sayReady(context);
  await runWorker({
    ...team,
    key: await readKeyFile(codecKeyFile(config)),
    workflows: findWorkflows(),
    activities: await makeActivities(config),
    signal: context.signal,
    onReady: () => ready({ address: team.connectionOptions.address }),
  });
  return exitCodes.done;
}

interface SettingsModule {
  teamConnection: (
    config: Config,
  ) => Promise<{ connectionOptions: { address: string }; namespace: string } | undefined>;
  codecKeyFile: (config: Config) => string;
}
interface KeyModule {
  readKeyFile: (file: string) => Promise<Buffer>;
}
interface BundleModule {
  findWorkflows: () => object;
}
interface ActivitiesModule {
  createActivities: (deps: { config: Config }) => object;
}

async function makeActivities(config: Config): Promise<object> {
  const { createActivities } = await load<ActivitiesModule>('../../activities/index.js');
  return createActivities({ config });
}

/** Only `up` and `worker` carry the worker's weight; the other commands never read these files. */
const load = async <T>(module: string): Promise<T> => (await import(module)) as T;

const sayReady =
  ({ output }: Context) =>
  ({ address, uiUrl }: Ready): void => {
    const words = ['ready', address, uiUrl].filter((word) => word !== undefined);
    output.result({ event: 'ready', address, uiUrl }, words.join('  '));
  };
