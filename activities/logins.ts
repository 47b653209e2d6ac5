import type { BackupTargetConfig, HostConfig } from '../client/config/schema.js';
import type { ReadConfig } from '../client/config/watch.js';
import { parseHostAddress } from '../workflows/contract/addresses.js';
import { BadInput } from '../workflows/contract/bad-input.js';
import type { ControlPlane } from './claim.js';
import type { Login } from './adapters/remote/connect.js';
import type { Logins } from './adapters/remote/remotes.js';
import { ownValue } from '../workflows/contract/own-value.js';

/** How the configuration's hosts and targets are logged in to; asked at every use, so a host added meanwhile is known. */
export function loginsOf(read: ReadConfig, controlPlane: () => Promise<ControlPlane>): Logins {
  return {
    host: async (name) => {
      const host = ownValue((await read()).hosts, name);
      if (host === undefined)
        throw new BadInput(
          `the worker's configuration has no host ${name}`,
          `add it under "hosts:", or run myc-wf start vps-setup ${name}`,
        );
      const entered = login(name, host, { port: host.port ?? 22, user: host.user ?? 'root' });
      return { ...entered, controlPlane: (await controlPlane()).id };
    },
    backupTarget: async (name, admin) => {
      const target = ownValue((await read())['backup-targets'], name);
      const user = admin ?? target?.admin;
      if (target === undefined || user === undefined)
        throw new BadInput(
          `the worker's configuration has no backup target ${name} with an admin`,
          'add it under "backup-targets:"',
        );
      const { host, port = 22 } = parseHostAddress(name);
      return login(host, target, { port, user });
    },
  };
}

function login(
  name: string,
  entry: HostConfig | BackupTargetConfig,
  at: { port: number; user: string },
): Login {
  const file = entry['identity-file'];
  return {
    name,
    address: entry.address ?? name,
    ...at,
    hostKeys: entry['host-keys'] ?? [],
    ...(file === undefined ? {} : { identityFile: file }),
  };
}
