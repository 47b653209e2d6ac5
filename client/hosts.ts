import type { Remote } from '../activities/adapters/remote/remote.js';
import type { TerminalRemote } from '../activities/adapters/remote/terminal.js';
import type { LoadedConfig } from './config/load.js';
import { notFound } from './errors.js';
import { ownValue } from '../workflows/contract/own-value.js';

/** Hosts and backup targets over SSH, as this machine's own configuration has them: for reads, which need no workflow. */
export interface Hosts {
  /** CommandError 10 when this configuration has no such host. */
  host(name: string): Promise<Remote>;
  /** The same, to sit at. */
  terminal(name: string): Promise<TerminalRemote>;
  /** As its administrator; BadInput when none is configured. */
  backupTarget(name: string): Promise<Remote>;
  close(): Promise<void>;
}

export async function openHosts(loaded: LoadedConfig): Promise<Hosts> {
  const { config, files, writeTo } = loaded;
  const { remotesPool } = await import('../activities/adapters/remote/remotes.js');
  const { loginsOf } = await import('../activities/logins.js');
  // Whoever only reads claims no host.
  const nobody = { id: '-', name: '-' };
  const pool = remotesPool(
    loginsOf(
      () => Promise.resolve(config),
      () => Promise.resolve(nobody),
    ),
  );
  const host = async (name: string): Promise<TerminalRemote> => {
    if (ownValue(config.hosts, name) === undefined)
      throw notFound(
        `${name} is not in the inventory (${files.join(', ') || writeTo})`,
        'add it under "hosts:", or ask on the machine of the worker, whose configuration has it',
      );
    return pool.host(name);
  };
  return {
    host,
    terminal: host,
    backupTarget: (name) => pool.backupTarget(name),
    close: () => pool.close(),
  };
}
