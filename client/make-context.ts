import { makeOperationId } from '../workflows/contract/ids.js';
import type { LoadedConfig } from './config/load.js';
import type { Config } from './config/schema.js';
import type { ReadConfig } from './config/watch.js';
import type { Context } from './context.js';
import type { Engine } from './engine.js';
import type { Hosts } from './hosts.js';
import { makeOutput } from './output.js';
import { makeTerminal } from './terminal.js';

export interface GlobalOptions {
  config?: string;
  json?: boolean;
}

/** The real context; every heavy module is imported when it is first needed. */
export function makeContext(
  options: GlobalOptions,
  signal: AbortSignal,
): Context & { close(): Promise<void> } {
  const { stdin, stdout, stderr } = process;
  const json = options.json ?? false;
  const live = stderr.isTTY && !json;
  let engine: Promise<Engine> | undefined;
  let hosts: Promise<Hosts> | undefined;
  const config: Context['config'] = async () => {
    const { loadConfig } = await import('./config/load.js');
    return loadConfig({ file: options.config });
  };
  let read: ReadConfig | undefined;
  const watchConfig: ReadConfig = async () => {
    read ??= (await import('./config/watch.js')).watchConfig({ file: options.config });
    return read();
  };
  return {
    output: makeOutput({ json, stdout, stderr }),
    stdin,
    stdout,
    terminal: makeTerminal({ interactive: stdin.isTTY && live, live }),
    config,
    configFile: options.config,
    watchConfig,
    engine: () => (engine ??= config().then(({ config: loaded }) => connectEngine(loaded))),
    hosts: () => (hosts ??= config().then(openHosts)),
    makeOperationId: () => makeOperationId(new Date(), Math.random),
    signal,
    close: async () => {
      await (await hosts?.catch(() => undefined))?.close();
      await (await engine?.catch(() => undefined))?.close();
    },
  };
}

async function openHosts(loaded: LoadedConfig): Promise<Hosts> {
  return (await import('./hosts.js')).openHosts(loaded);
}

async function connectEngine(config: Config): Promise<Engine> {
  const { temporalEngine } = await import('./temporal-engine.js');
  const { connect } = await import('./connect.js');
  return temporalEngine(await connect(config));
}
