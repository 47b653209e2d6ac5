import { readFile } from 'node:fs/promises';
// CommonJS: Node finds no named exports in it.
import ssh2, { type Client } from 'ssh2';
import { authenticationRefused, hostKeyChanged, hostKeyUnknown, hostUnreachable } from '../../failures.js';
import { fingerprint, pinnedKeys } from './host-keys.js';

export interface Login {
  /** The inventory name, for messages. */
  name: string;
  address: string;
  port: number;
  user: string;
  /** Private key file; the SSH agent is asked when left out. */
  identityFile?: string;
  /** Pinned keys, `type base64` each. */
  hostKeys: readonly string[];
  /** False for an account whose forced command takes the argv as it is. True when left out. */
  sudo?: boolean;
  /** Of whoever logs in, for the jobs on a managed host. */
  controlPlane?: string;
}

/** A cut link is noticed within 15 s: three unanswered questions, one each 5 s. */
const keepalive = { keepaliveInterval: 5_000, keepaliveCountMax: 3 };
const readyTimeout = 20_000;

/** Logs in; fails with HostUnreachable, HostKeyUnknown, HostKeyChanged or AuthenticationRefused. */
export async function connect(login: Login, agent = process.env.SSH_AUTH_SOCK): Promise<Client> {
  const pinned = pinnedKeys(login.hostKeys);
  if (pinned.algorithms.length === 0) throw hostKeyUnknown(login.name);
  const credentials = await credentialsOf(login, agent);
  let presented: Buffer | undefined;
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    client
      // A command is a handful of small packets, and each would wait for the answer to the one before.
      .once('connect', () => client.setNoDelay(true))
      .once('ready', () => resolve(client))
      // ssh2 may report more than one error, and errors after `ready`: the listener stays, `close` tells the rest.
      .on('error', (error) => reject(loginFailure(login, error, presented)))
      .once('close', () => reject(hostUnreachable(login.name, `${login.address} closed the connection`)))
      .connect({
        host: login.address,
        port: login.port,
        username: login.user,
        ...credentials,
        ...keepalive,
        readyTimeout,
        algorithms: { serverHostKey: pinned.algorithms },
        hostVerifier: (key: Buffer) => {
          if (pinned.accepts(key)) return true;
          presented = key;
          return false;
        },
      });
  });
}

async function credentialsOf(login: Login, agent: string | undefined) {
  const refused = (why: string, cause?: unknown) => authenticationRefused(login.name, login.user, why, cause);
  if (login.identityFile === undefined) {
    if (!agent) throw refused('no identity-file is configured and no SSH agent runs');
    return { agent };
  }
  let privateKey: Buffer;
  try {
    privateKey = await readFile(login.identityFile);
  } catch (error) {
    throw refused(`the key file ${login.identityFile} cannot be read`, error);
  }
  const parsed = ssh2.utils.parseKey(privateKey);
  if (parsed instanceof Error)
    throw refused(`the key file ${login.identityFile} is encrypted or no private key`, parsed);
  return { privateKey };
}

type SshError = Error & { level?: string };

function loginFailure(login: Login, error: SshError, presented: Buffer | undefined) {
  if (presented) return hostKeyChanged(login.name, fingerprint(presented));
  if (error.level === 'handshake' && /no matching host key format/i.test(error.message))
    return hostKeyChanged(login.name, 'it has none of a pinned type');
  if (error.level === 'client-authentication' || error.level === 'agent')
    return authenticationRefused(login.name, login.user, 'it refused the key', error);
  return hostUnreachable(login.name, `${login.address}:${login.port}: ${error.message}`, error);
}
