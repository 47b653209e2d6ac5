import { type LoadOptions, type LoadedConfig, configStamp, loadConfig } from './load.js';
import type { Config } from './schema.js';

/** The configuration as its files have it now. */
export type ReadConfig = () => Promise<Config>;

/**
 * Reads the files again when one of them changed: a worker knows a host that was added while it runs. A file that is broken
 * meanwhile fails each call, naming its place, until it is corrected.
 */
export function watchConfig(options: LoadOptions = {}): ReadConfig {
  let stamp: string | undefined;
  let loaded: Promise<LoadedConfig>;
  return async () => {
    // Taken before the files are read: a change in between is seen at the next call.
    const now = await configStamp(options);
    if (now !== stamp) {
      stamp = now;
      loaded = loadConfig(options);
    }
    return (await loaded).config;
  };
}
