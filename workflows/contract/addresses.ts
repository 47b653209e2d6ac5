import { BadInput, shown } from './bad-input.js';
import {
  type AbsolutePath,
  type HostName,
  type Ident,
  type ServiceName,
  type UserName,
  parseAbsolutePath,
  parseHostName,
  parseIdent,
  parsePort,
  parseServiceName,
  parseUserName,
} from './names.js';

/** `[user@]host[:port]`, as at first contact. */
export interface HostAddress {
  user?: UserName;
  host: HostName;
  port?: number;
}

/** `[ADMIN@]TARGET[:PORT]`: a backup server and the account that may add keys there. */
export interface BackupTarget {
  admin?: UserName;
  host: HostName;
  port: number;
}

/** `ADMIN@TARGET#IDENT[:PATH | :COMPONENT,…]`: what is recovered, and from where. */
export interface BackupSource {
  target: BackupTarget;
  ident: Ident;
  path?: AbsolutePath;
  components?: ServiceName[];
}

/** `VPS[:DEST]`: where it goes. */
export interface RecoveryDestination {
  host: HostName;
  path?: AbsolutePath;
}

/** The port of the seed's rsync-backup-target service, taken when none is written. */
export const defaultBackupPort = 10023;

export function parseHostAddress(value: unknown): HostAddress {
  const [, user, host, port] = match(
    value,
    /^(?:([^@]*)@)?([^@:]+|\[[^\]]*\])(?::([^:]*))?$/,
    '[user@]host[:port]',
  );
  return {
    ...(user === undefined ? {} : { user: parseUserName(user) }),
    host: parseHostName(host?.replace(/^\[|\]$/g, '')),
    ...(port === undefined ? {} : { port: parsePort(port) }),
  };
}

export function parseBackupTarget(value: unknown): BackupTarget {
  const { user, host, port } = parseHostAddress(value);
  return { ...(user === undefined ? {} : { admin: user }), host, port: port ?? defaultBackupPort };
}

/** The key under which a target stands in the configuration: `backup.lab:10023`. */
export function backupTargetName(target: BackupTarget): string {
  return `${target.host}:${target.port}`;
}

export function parseBackupSource(value: unknown): BackupSource {
  const form = 'ADMIN@TARGET[:PORT]#IDENT[:PATH or :COMPONENT,…]';
  const [, target, ident, rest] = match(value, /^([^#]+)#([^:#]+)(?::(.*))?$/s, form);
  const source: BackupSource = { target: parseBackupTarget(target), ident: parseSourceIdent(ident) };
  if (rest === undefined) return source;
  if (rest.startsWith('/')) return { ...source, path: parseAbsolutePath(rest) };
  return { ...source, components: rest.split(',').map(parseServiceName) };
}

function parseSourceIdent(value: string | undefined): Ident {
  if (value?.includes('@'))
    throw new BadInput(
      `${shown(value)} names a version`,
      'leave out "@…": the newest mirror is the only version kept',
    );
  return parseIdent(value);
}

export function parseRecoveryDestination(value: unknown): RecoveryDestination {
  const [, host, path] = match(value, /^([^:]+)(?::(.*))?$/s, 'VPS[:DEST]');
  return { host: parseHostName(host), ...(path === undefined ? {} : { path: parseAbsolutePath(path) }) };
}

function match(value: unknown, pattern: RegExp, form: string): RegExpExecArray {
  const found = typeof value === 'string' ? pattern.exec(value) : null;
  if (found === null) throw new BadInput(`${shown(value)} cannot be read`, `write ${form}`);
  return found;
}
