import { BadInput, shown } from './bad-input.js';

/**
 * Every name that reaches a host, a path or a command is one of these branded types, made by one parser each.
 * A brand does not survive JSON: activities parse again what they are handed.
 */
export type HostName = string & { readonly __brand: 'HostName' };
export type DomainName = string & { readonly __brand: 'DomainName' };
export type ServiceName = string & { readonly __brand: 'ServiceName' };
export type CharmName = string & { readonly __brand: 'CharmName' };
/** An action of a charm: a file under its actions/. */
export type ActionName = string & { readonly __brand: 'ActionName' };
export type UserName = string & { readonly __brand: 'UserName' };
/** The name under which a host's mirror is kept on a backup target; the host's full name by custom. */
export type Ident = string & { readonly __brand: 'Ident' };
export type AbsolutePath = string & { readonly __brand: 'AbsolutePath' };
export type ImageReference = string & { readonly __brand: 'ImageReference' };
/** Of a container or a network. */
export type DockerName = string & { readonly __brand: 'DockerName' };
export type DatabaseName = string & { readonly __brand: 'DatabaseName' };
export type OperationId = string & { readonly __brand: 'OperationId' };

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const dnsName = new RegExp(`^(?=.{1,253}$)${label}(?:\\.${label})*$`);
const ipv6 = /^(?=.*:.*:)[0-9a-f:.]{2,45}$/;

function matching<T extends string>(kind: string, pattern: RegExp, rule: string): (value: unknown) => T {
  return (value) => {
    // RegExp.test would turn [ 'a' ] into 'a': what is not a string is refused first.
    if (typeof value === 'string' && pattern.test(value)) return value as T;
    throw new BadInput(`${shown(value)} is not a ${kind}`, rule);
  };
}

/** An inventory name: a DNS name in lower case, or an IP address. */
export function parseHostName(value: unknown): HostName {
  if (typeof value === 'string' && (dnsName.test(value) || ipv6.test(value))) return value as HostName;
  throw new BadInput(
    `${shown(value)} is not a host name`,
    'use a DNS name in lower case, such as vps1.example.org',
  );
}

/** A public domain: at least two labels, lower case, no wildcard. */
export function parseDomainName(value: unknown): DomainName {
  if (typeof value === 'string' && value.includes('.') && dnsName.test(value)) return value as DomainName;
  throw new BadInput(
    `${shown(value)} is not a domain`,
    'use a full name in lower case, such as www.example.org',
  );
}

/** A service of compose.yml; a domain is a service name too. Compose's own rule is `[a-zA-Z0-9][a-zA-Z0-9._-]*`. */
export const parseServiceName = matching<ServiceName>(
  'service name',
  /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,127}$/,
  'use letters, digits, dots, dashes and underscores, a letter or digit first',
);

/** A charm, or a charm in a sub-folder: `odoo`, `mail/smtp-stub`. */
export const parseCharmName = matching<CharmName>(
  'charm name',
  /^(?=.{1,128}$)[a-z0-9][a-z0-9_-]*(?:\/[a-z0-9][a-z0-9_-]*)*$/,
  'use lower-case letters, digits, dashes and underscores',
);

/** A container or a network, as Docker takes it. */
export const parseDockerName = matching<DockerName>(
  'name of a container or a network',
  /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/,
  'use letters, digits, dots, dashes and underscores, a letter or digit first',
);

/** A database, or a role that owns one: any text that is seen as it is, of at most 63 bytes. */
export function parseDatabaseName(value: unknown): DatabaseName {
  const invisible = /[\p{C}\p{Zl}\p{Zp}]/u;
  if (typeof value === 'string' && value !== '' && !invisible.test(value))
    if (new TextEncoder().encode(value).length <= 63) return value as DatabaseName;
  throw new BadInput(
    `${shown(value)} is not the name of a database`,
    'use at most 63 bytes, without controls',
  );
}

export const parseActionName = matching<ActionName>(
  'name of an action',
  /^[a-z0-9][a-zA-Z0-9._-]{0,63}$/,
  'use letters, digits, dashes and underscores, such as save',
);

/** What an action is told, word by word; no secret, since words are seen on the host. */
export function parseActionArguments(value: unknown): string[] {
  const rule = 'give at most 100 words of at most 4096 characters, without control characters';
  if (!Array.isArray(value) || value.length > 100)
    throw new BadInput('the arguments of the action are not right', rule);
  return value.map((word: unknown) => {
    if (typeof word === 'string' && word.length <= 4096 && !/[\u0000-\u001f\u007f]/.test(word)) return word;
    throw new BadInput(`${shown(word)} cannot be an argument of an action`, rule);
  });
}

export const parseUserName = matching<UserName>(
  'user name',
  /^[a-z_][a-z0-9_-]{0,31}$/,
  'use a Unix account name in lower case, at most 32 characters',
);

export function parseIdent(value: unknown): Ident {
  if (typeof value === 'string' && dnsName.test(value)) return value as Ident;
  throw new BadInput(
    `${shown(value)} is not a backup ident`,
    "use the backed-up host's name, such as vps1.example.org",
  );
}

/** An absolute path without `..`, `.`, empty parts, control characters; the result has no trailing slash (but `/` itself). */
export function parseAbsolutePath(value: unknown): AbsolutePath {
  const rule = 'use an absolute path without "..", such as /srv/datastore/data/odoo';
  if (
    typeof value !== 'string' ||
    !value.startsWith('/') ||
    value.length > 4095 ||
    /[\u0000-\u001f\u007f]/.test(value)
  )
    throw new BadInput(`${shown(value)} is not an absolute path`, rule);
  const trimmed = value === '/' ? value : value.replace(/\/$/, '');
  const parts = trimmed.split('/').slice(1);
  if (trimmed !== '/' && parts.some((part) => part === '' || part === '.' || part === '..'))
    throw new BadInput(`${shown(value)} is not an absolute path`, rule);
  return trimmed as AbsolutePath;
}

export const parseOperationId = matching<OperationId>(
  'operation id',
  /^[0-9]{8}T[0-9]{6}Z-[a-z0-9]{6}$/,
  'let the client make it, such as 20261123T031500Z-k3x9qa',
);

/** `[REGISTRY[:PORT]/]NAME[:TAG][@DIGEST]`, as Docker takes it. */
export const parseImageReference = matching<ImageReference>(
  'image reference',
  /^(?=.{1,255}$)[a-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5}(?=\/))?(?:(?:[._]|__|-+|\/)[A-Za-z0-9]+)*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/,
  'write it as docker pull takes it, such as postgres:17',
);

/** A TCP port, from a number or its decimal digits. */
export function parsePort(value: unknown): number {
  const port = typeof value === 'string' && /^[0-9]{1,5}$/.test(value) ? Number(value) : value;
  if (typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65535) return port;
  throw new BadInput(`${shown(value)} is not a port`, 'use a number from 1 to 65535');
}
