import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { type BackupTarget, type HostAddress, backupTargetName } from '../workflows/contract/addresses.js';
import { shown } from '../workflows/contract/bad-input.js';
import { putBackupTarget, putHost } from './config/document.js';
import type { LoadedConfig } from './config/load.js';
import type { Context } from './context.js';
import { CommandError, notFound, usage } from './errors.js';
import { exitCodes } from './exit-codes.js';
import { ownValue } from '../workflows/contract/own-value.js';

/** Shows a server's host keys as `type base64` lines; replaced in tests. */
export type ScanKeys = (address: string, port: number) => Promise<string[]>;

type Contact = Pick<Context, 'terminal' | 'output'>;

/** A host is in the inventory with its key pinned, or (vps-setup only) is added now; else it is refused. */
export async function ensureHostKnown(
  contact: Contact,
  { config, writeTo }: LoadedConfig,
  { host, user, port }: HostAddress,
  hostKey: string | undefined,
  mayAdd: boolean,
  scan: ScanKeys = scanKeys,
): Promise<void> {
  const entry = ownValue(config.hosts, host);
  if (entry !== undefined && (!mayAdd || (entry['host-keys'] ?? []).length > 0)) return;
  if (!mayAdd)
    throw notFound(
      `${host} is not in the inventory (${writeTo})`,
      `myc-wf start vps-setup root@${host} adds it`,
    );
  const keys = await pinned(contact, host, entry?.address ?? host, port ?? entry?.port ?? 22, hostKey, scan);
  const login = { ...(user === undefined ? {} : { user }), ...(port === undefined ? {} : { port }) };
  await putHost(writeTo, host, { ...login, 'host-keys': keys });
  contact.output.say(`${host} is in ${writeTo}, its key pinned`);
}

export async function ensureTargetKnown(
  contact: Contact,
  { config, writeTo }: LoadedConfig,
  target: BackupTarget,
  hostKey: string | undefined,
  scan: ScanKeys = scanKeys,
): Promise<void> {
  const name = backupTargetName(target);
  const entry = ownValue(config['backup-targets'], name);
  if (entry !== undefined && (entry['host-keys'] ?? []).length > 0) return;
  const keys = await pinned(contact, name, entry?.address ?? target.host, target.port, hostKey, scan);
  await putBackupTarget(writeTo, name, {
    ...(target.admin === undefined ? {} : { admin: target.admin }),
    'host-keys': keys,
  });
  contact.output.say(`${name} is in ${writeTo}, its key pinned`);
}

/** The key is confirmed by a person, or told beforehand, before anything is sent to the host. */
async function pinned(
  { terminal, output }: Contact,
  name: string,
  address: string,
  port: number,
  hostKey: string | undefined,
  scan: ScanKeys,
): Promise<string[]> {
  if (hostKey !== undefined && publicKey.test(hostKey)) return [hostKey.split(' ').slice(0, 2).join(' ')];
  if (hostKey !== undefined && !fingerprint.test(hostKey))
    throw usage(`--host-key ${shown(hostKey)} is not a key`, 'give "ssh-ed25519 AAAA…" or SHA256:…');
  if (hostKey === undefined && !terminal.interactive)
    throw usage(
      `the key of ${name} is not known yet`,
      'give it with --host-key SHA256:… (ssh-keygen -lf on the host)',
    );
  const keys = await scan(address, port);
  if (keys.length === 0)
    throw new CommandError(exitCodes.unreachable, `${name} shows no SSH host key on ${address} port ${port}`);
  if (hostKey !== undefined) {
    const found = keys.find((key) => fingerprintOf(key) === hostKey);
    if (found !== undefined) return [found];
    const saw = keys.map(fingerprintOf).join(', ');
    throw new CommandError(exitCodes.unreachable, `${name} shows another key than --host-key: ${saw}`);
  }
  const key = keys.find((line) => line.startsWith('ssh-ed25519 ')) ?? keys[0]!;
  output.say(`${name} shows ${key.split(' ')[0]} ${fingerprintOf(key)}`);
  if (await terminal.confirm('Is that its key?')) return [key];
  throw new CommandError(exitCodes.failed, 'the key was not confirmed; nothing was sent');
}

const publicKey = /^(?:ssh-|ecdsa-sha2-)[a-z0-9-]+ [A-Za-z0-9+/]{40,}={0,2}(?: .*)?$/;
const fingerprint = /^SHA256:[A-Za-z0-9+/]{43}$/;

/** As `ssh-keygen -l` writes it. */
export function fingerprintOf(key: string): string {
  const blob = Buffer.from(key.split(' ')[1] ?? '', 'base64');
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

async function scanKeys(address: string, port: number): Promise<string[]> {
  // Both are parsed values: a host name never begins with a dash.
  const args = ['-T', '10', '-p', String(port), '-t', 'ed25519,ecdsa,rsa', address];
  const { stdout } = await promisify(execFile)('ssh-keyscan', args).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw usage(
        'ssh-keyscan is not installed',
        'install the OpenSSH client, or give the whole key with --host-key',
      );
    return { stdout: '' };
  });
  return stdout
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(' ').slice(1, 3).join(' '))
    .filter((key) => publicKey.test(key));
}
