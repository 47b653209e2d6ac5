import type { OperationId } from '../workflows/contract/names.js';
import type { LoadedConfig } from './config/load.js';
import type { ReadConfig } from './config/watch.js';
import type { Engine } from './engine.js';
import type { Hosts } from './hosts.js';
import type { Output } from './output.js';
import type { Terminal } from './terminal.js';

/** What a command is handed; loaded only when asked for, so that --help costs nothing. */
export interface Context {
  output: Output;
  /** For what an action of a charm reads and writes; the rest goes through output. */
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WritableStream;
  terminal: Terminal;
  config(): Promise<LoadedConfig>;
  /** --config or MYC_WF_CONFIG, for a process that is started with the same. */
  configFile?: string | undefined;
  /** For what runs long: the configuration as its files have it then. */
  watchConfig: ReadConfig;
  engine(): Promise<Engine>;
  /** Straight over SSH, for reads. */
  hosts(): Promise<Hosts>;
  makeOperationId(): OperationId;
  /** Aborted by Ctrl-C: a command that waits detaches. */
  signal: AbortSignal;
}
