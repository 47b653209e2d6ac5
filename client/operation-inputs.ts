import {
  parseBackupSource,
  parseBackupTarget,
  parseHostAddress,
  parseRecoveryDestination,
} from '../workflows/contract/addresses.js';
import { BadInput, shown } from '../workflows/contract/bad-input.js';
import { parseHostFile } from '../workflows/contract/host-files.js';
import {
  parseAbsolutePath,
  parseActionArguments,
  parseActionName,
  parseDomainName,
  parseHostName,
  parseIdent,
  parsePort,
  parseServiceName,
} from '../workflows/contract/names.js';
import { parseComposeAction } from '../workflows/contract/compose-actions.js';
import type { OperationName, Operations } from '../workflows/contract/operations.js';
import type { StartOptions } from './start-options.js';

type Inputs<N extends OperationName> = (
  args: readonly string[],
  options: StartOptions,
) => Partial<Operations[N]>[];

/** The words of each operation -> what its workflow is told, one input per host. Nothing is touched before this passes. */
export const operationInputs: { [N in OperationName]: Inputs<N> } = {
  vpsSetup: (hosts, { domain }) =>
    each(hosts, (host) => ({
      host: parseHostAddress(host).host,
      ...optional('domain', domain, parseDomainName),
    })),
  deploy: (hosts, { domain, withoutDockerClean, dockerRestart }) =>
    each(hosts, (host) => ({
      host: parseHostName(host),
      ...optional('domain', domain, parseDomainName),
      ...(withoutDockerClean ? { withoutDockerClean } : {}),
      ...(dockerRestart === false ? { noDockerRestart: true } : {}),
    })),
  up: ([host, ...services], { file, addComposeContent }) => [
    {
      host: parseHostName(host),
      ...(services.length > 0 ? { services: services.map(parseServiceName) } : {}),
      ...(file !== undefined || addComposeContent !== undefined ? { given: true } : {}),
    },
  ],
  backupInstall: ([target, ...hosts], { ident }) => {
    if (ident !== undefined && hosts.length > 1)
      throw new BadInput(
        '--ident with several hosts',
        'two hosts never write one mirror: start them one by one',
      );
    const parsed = parseBackupTarget(target);
    return each(hosts, (host) => ({
      host: parseHostName(host),
      target: parsed,
      ...optional('ident', ident, parseIdent),
    }));
  },
  backup: (hosts, { allowMassDeletion }) =>
    each(hosts, (host) => ({
      host: parseHostName(host),
      ...(allowMassDeletion ? { allowMassDeletion } : {}),
    })),
  recover: ([from, to], { unverified }) => {
    const source = parseBackupSource(from);
    const { host, path } = parseRecoveryDestination(to);
    if (path !== undefined && source.path === undefined)
      throw new BadInput(
        `${shown(to)} names a path`,
        'name the path to take as well: ADMIN@TARGET#IDENT:/PATH VPS:/DEST',
      );
    return [
      {
        host,
        source,
        ...(path === undefined ? {} : { destination: path }),
        ...(unverified ? { unverified } : {}),
      },
    ];
  },
  recoverTarget: ([host, source, destination]) => [
    {
      host: parseHostName(host),
      source: parseAbsolutePath(source),
      destination: parseAbsolutePath(destination),
    },
  ],
  compose: ([host, action, ...services]) => [
    {
      host: parseHostName(host),
      action: parseComposeAction(action),
      ...(services.length > 0 ? { services: services.map(parseServiceName) } : {}),
    },
  ],
  update: (hosts, { withoutDockerClean, dockerRestart }) =>
    each(hosts, (host) => ({
      host: parseHostName(host),
      ...(withoutDockerClean ? { withoutDockerClean } : {}),
      ...(dockerRestart === false ? { noDockerRestart: true } : {}),
    })),
  cutoff: ([host, ...ports], { lift }) => {
    if (ports.length === 0 && !lift)
      throw new BadInput('start cutoff without a port', 'name those to cut off, such as 25 465 587 993');
    return [
      { host: parseHostName(host), ports: ports.map((port) => parsePort(port)), ...(lift ? { lift } : {}) },
    ];
  },
  action: ([host, service, action, ...args], { input, fromHost, toHost }) => [
    {
      host: parseHostName(host),
      service: parseServiceName(service),
      action: parseActionName(action),
      ...(args.length > 0 ? { args: parseActionArguments(args) } : {}),
      ...(input === undefined ? {} : { input: 'stream' as const }),
      ...optional('input', fromHost, parseHostFile),
      ...optional('output', toHost, parseHostFile),
    },
  ],
};

const each = <T>(hosts: readonly string[], make: (host: string) => T): T[] => hosts.map(make);

function optional<K extends string, T>(
  key: K,
  value: string | undefined,
  parse: (value: unknown) => T,
): Partial<Record<K, T>> {
  return value === undefined ? {} : ({ [key]: parse(value) } as Record<K, T>);
}
