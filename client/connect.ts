import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import { readKeyFile } from '../worker/codec/key-file.js';
import { makeDataConverter } from '../worker/codec/data-converter.js';
import { CommandError } from './errors.js';
import { exitCodes } from './exit-codes.js';
import { type TemporalSettings, codecKeyFile, dataDirectory, teamConnection } from './temporal-settings.js';
import { readUpFile } from './up-file.js';

export interface Connected {
  client: Client;
  /** The run in the Temporal UI; the newest run when none is named. */
  uiUrl(workflowId: string, runId?: string): string;
  close(): Promise<void>;
}

/** No Temporal answers: exit code 4, and how to start one. */
const unreachable = (what: string, next: string): CommandError =>
  new CommandError(exitCodes.unreachable, what, next);

interface Target {
  connectionOptions: ConnectionOptions;
  namespace: string;
  uiUrl: string;
  next: string;
}

/** Connects to the Temporal of the settings; what it sends is under the codec's key. */
export async function connect(
  settings: TemporalSettings,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Connected> {
  const { connectionOptions, namespace, uiUrl, next } = await target(settings, env);
  const dataConverter = makeDataConverter(await readKeyFile(codecKeyFile(settings)));
  const connection = await Connection.connect({ ...connectionOptions, connectTimeout: '5 s' }).catch(() => {
    throw unreachable(`no Temporal answers on ${connectionOptions.address}`, next);
  });
  return {
    client: new Client({ connection, namespace, dataConverter }),
    uiUrl: (workflowId, runId) => {
      const workflow = `${uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`;
      return runId === undefined ? workflow : `${workflow}/${runId}/history`;
    },
    close: () => connection.close(),
  };
}

async function target(settings: TemporalSettings, env: NodeJS.ProcessEnv): Promise<Target> {
  const team = await teamConnection(settings, env);
  if (team !== undefined) {
    const host = team.connectionOptions.address.replace(/:\d+$/, '');
    return {
      ...(team as Pick<Target, 'connectionOptions' | 'namespace'>),
      uiUrl: `http://${host}:${settings.temporal?.['ui-port'] ?? 8233}`,
      next: 'check temporal.address in the configuration, or TEMPORAL_ADDRESS',
    };
  }
  const directory = dataDirectory(settings);
  const next = 'start it with myc-wf up, or set temporal.address';
  const up = await readUpFile(directory);
  if (up === undefined) throw unreachable(`no Temporal runs in ${directory}`, next);
  return {
    connectionOptions: { address: up.address },
    namespace: up.namespace,
    uiUrl: up.uiUrl,
    next,
  };
}
