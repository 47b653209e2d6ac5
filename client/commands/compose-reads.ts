import { isIP } from 'node:net';
import { z } from 'zod';
import { servicesState } from '../../activities/compose-action.js';
import {
  type HostName,
  parseDockerName,
  parseHostName,
  parseServiceName,
} from '../../workflows/contract/names.js';
import { outsideName } from '../../workflows/contract/outside-names.js';
import { oneOf } from '../../charms/engine/candidates.js';
import { secretsOfHost } from '../../activities/job-logs.js';
import { printableLogLine } from '../../workflows/contract/printable.js';
import { masked } from '../../activities/commands/known-secrets.js';
import type { Remote } from '../../activities/adapters/remote/remote.js';
import { type GivenOptions, readGiven } from '../compose-source.js';
import type { Context } from '../context.js';
import { CommandError, notFound } from '../errors.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { planOnHost, renderedOnHost } from '../host-plan.js';
import { composeArgv, linesOf } from '../host-scripts.js';
import { table } from '../output.js';
import { parsedJson, sayLeftOut } from '../view/outside.js';

/** The host, once it is known that services were brought up there, and these are among them. */
export async function hostWith(
  context: Context,
  host: HostName,
  services: readonly string[],
): Promise<Remote> {
  const remote = await (await context.hosts()).host(host);
  const { services: known, leftOut } = await servicesState(remote, context.signal);
  sayLeftOut(context.output, leftOut, host);
  if (known.length === 0)
    throw notFound(`no services were brought up on ${host} yet`, `myc-wf start up ${host}`);
  const wrong = services.find((name) => !known.some((one) => one === name));
  if (wrong !== undefined) throw notFound(`${host} has no service "${wrong}"`, oneOf(wrong, known));
  return remote;
}

const row = z.object({
  Service: z.string().transform((name) => outsideName(name, parseServiceName)),
  Name: z.string().transform((name) => outsideName(name, parseDockerName)),
  State: z.string(),
  Status: z.string(),
  Health: z.string().catch(''),
  Publishers: z
    .array(
      z.object({ URL: z.string(), TargetPort: z.number(), PublishedPort: z.number(), Protocol: z.string() }),
    )
    .nullish(),
});

/** `compose HOST ps`: every container of the project, those of `run` too. */
export async function ps(context: Context, word: string, words: readonly string[]): Promise<ExitCode> {
  const services = words.map(parseServiceName);
  const remote = await hostWith(context, parseHostName(word), services);
  const argv = composeArgv('ps', '--all', '--format', 'json', '--', ...services);
  const { exit, stdout, stderr } = await remote.exec(argv, { signal: context.signal });
  if (exit !== 0) throw new CommandError(exitCodes.failed, stderr.trim().slice(-1000));
  // A document a line, or one list: it depends on the version.
  const said = stdout
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => parsedJson(z.union([z.array(row), row]), line, `docker compose ps on ${remote.name}`));
  const rows = said.flatMap(({ Service, Name, ...rest }) =>
    Service === undefined || Name === undefined ? [] : [{ service: Service, container: Name, ...rest }],
  );
  sayLeftOut(context.output, said.length - rows.length, word);
  rows.sort((a, b) => (a.container < b.container ? -1 : 1));
  const found = rows.map(({ service, container, State, Status, Health, Publishers }) => ({
    ...{ service, container, state: State, status: Status },
    ...(Health === '' ? {} : { health: Health }),
    ports: (Publishers ?? [])
      .filter(({ PublishedPort }) => PublishedPort > 0)
      .map(
        ({ URL, PublishedPort, TargetPort, Protocol }) =>
          `${URL}:${PublishedPort}->${TargetPort}/${Protocol}`,
      ),
  }));
  const lines = found.map(({ service, container, status, ports }) => [
    service,
    container,
    status,
    ports.join(', '),
  ]);
  context.output.result(found, found.length === 0 ? 'no containers' : table(lines));
  return exitCodes.done;
}

export interface ComposeLogsOptions {
  follow?: boolean;
  lines: number;
}

/** `compose HOST logs`: what the services' containers say; under the mask, and nothing that steers a terminal. */
export async function composeLogs(
  context: Context,
  word: string,
  words: readonly string[],
  { follow, lines }: ComposeLogsOptions,
): Promise<ExitCode> {
  const services = words.map(parseServiceName);
  const { output, signal } = context;
  const remote = await hostWith(context, parseHostName(word), services);
  const secrets = await secretsOfHost(remote, signal);
  const onLine = (line: string): void => {
    const text = masked(printableLogLine(line), secrets);
    const [, container, said] = /^(\S+) +\| ?(.*)$/s.exec(text) ?? [];
    output.result({ event: 'line', container, line: said ?? text }, text);
  };
  const argv = composeArgv(
    'logs',
    '--no-color',
    '--tail',
    String(lines),
    ...(follow ? ['--follow'] : []),
    '--',
    ...services,
  );
  try {
    const { exit, stderr } = await remote.exec(argv, { onLine, signal, timeoutSeconds: follow ? 0 : 60 });
    if (exit !== 0) throw new CommandError(exitCodes.failed, stderr.trim().slice(-1000));
    return exitCodes.done;
  } catch (error) {
    if (signal.aborted) return exitCodes.detached;
    throw error;
  }
}

export interface ComposeConfigOptions extends GivenOptions {
  showSecrets?: boolean;
}

/** `compose HOST config`: docker-compose.yml as the next `up` writes it. */
export async function composeConfig(
  context: Context,
  word: string,
  options: ComposeConfigOptions,
): Promise<ExitCode> {
  const planned = await planOnHost(context, parseHostName(word), [], await readGiven(options));
  const { showSecrets = false } = options;
  const text = await renderedOnHost(planned, context.signal, { showSecrets });
  context.output.result({ dockerCompose: text }, text.trimEnd());
  return exitCodes.done;
}

function addressOf([called, container, network, ...said]: readonly string[]) {
  const service = outsideName(called, parseServiceName);
  const [inContainer, inNetwork] = [container, network].map((name) => outsideName(name, parseDockerName));
  const addresses = said.filter((address) => isIP(address) !== 0);
  if (service === undefined || inContainer === undefined || inNetwork === undefined) return undefined;
  return { service, container: inContainer, network: inNetwork, addresses };
}

/** `ip HOST`, `compose HOST ip`: where each container is reached on the host. */
export async function ip(context: Context, word: string, words: readonly string[]): Promise<ExitCode> {
  const host = parseHostName(word);
  const services = words.map(parseServiceName);
  const remote = await (await context.hosts()).host(host);
  const said = await linesOf(remote, 'container-ips', context.signal);
  const all = said.flatMap((line) => addressOf(line.split(' ')) ?? []);
  sayLeftOut(context.output, said.length - all.length, host);
  const found = all.filter(({ service }) => services.length === 0 || services.includes(service));
  const lines = found.map(({ service, container, network, addresses }) => [
    ...[service, addresses.join(' '), network, container],
  ]);
  context.output.result(found, found.length === 0 ? `no containers run on ${host}` : table(lines));
  return exitCodes.done;
}
