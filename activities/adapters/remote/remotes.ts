import { isDeepStrictEqual } from 'node:util';
import type { Login } from './connect.js';
import type { Remotes } from './remote.js';
import { type SshRemote, sshRemote } from './ssh.js';

/** What the configuration says, asked at every use so that a change of it is taken up; throws BadInput (final). */
export interface Logins {
  host(name: string): Login | Promise<Login>;
  backupTarget(name: string, admin?: string): Login | Promise<Login>;
}

export interface SshRemotes extends Remotes {
  host(name: string): Promise<SshRemote>;
}

/** One connection per host and worker, however many activities use it. */
export function remotesPool(logins: Logins): SshRemotes {
  const pool = new Map<string, { login: Login; remote: SshRemote }>();

  const pooled = (key: string, login: Login): SshRemote => {
    const known = pool.get(key);
    if (known && isDeepStrictEqual(known.login, login)) return known.remote;
    known?.remote.close();
    const remote = sshRemote(login);
    pool.set(key, { login, remote });
    return remote;
  };

  return {
    host: async (name) => pooled(`host ${name}`, await logins.host(name)),
    backupTarget: async (name, admin) =>
      pooled(`target ${admin ?? ''}@${name}`, {
        ...(await logins.backupTarget(name, admin)),
        sudo: false,
      }),
    close: async () => {
      for (const { remote } of pool.values()) remote.close();
      pool.clear();
      await Promise.resolve();
    },
  };
}
