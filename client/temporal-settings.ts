import path from 'node:path';
import envPaths from 'env-paths';
import type { Config } from './config/schema.js';

/** The part of the configuration that says which Temporal, and under which key. */
export type TemporalSettings = Pick<Config, 'data-directory' | 'temporal'>;

/** Where the embedded Temporal keeps its database and key, and says where it listens. */
export const dataDirectory = (settings: TemporalSettings): string =>
  settings['data-directory'] ?? path.join(envPaths('0km', { suffix: '' }).data, 'myc-wf');

export const codecKeyFile = (settings: TemporalSettings): string =>
  settings.temporal?.['codec-key-file'] ?? path.join(dataDirectory(settings), 'codec.key');

/** A team's address: from the configuration, else from TEMPORAL_ADDRESS or a Temporal profile; none means the embedded one. */
export async function teamConnection(settings: TemporalSettings, env: NodeJS.ProcessEnv = process.env) {
  const { loadClientConnectConfig } = await import('@temporalio/envconfig');
  const set = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const loaded = loadClientConnectConfig({ overrideEnvVars: Object.fromEntries(set) });
  const address = settings.temporal?.address ?? loaded.connectionOptions.address;
  if (address === undefined) return undefined;
  return {
    connectionOptions: { ...loaded.connectionOptions, address },
    namespace: settings.temporal?.namespace ?? loaded.namespace ?? 'default',
  };
}
