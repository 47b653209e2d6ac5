import {
  type Mapping,
  dockerComposeRights,
  fileKeys,
  isMapping,
  ownersOf,
  writeDockerCompose,
} from '../../charms/engine/index.js';
import { BadInput } from '../../workflows/contract/bad-input.js';
import { masked } from '../commands/known-secrets.js';
import type { StageContext } from '../converge.js';
import { lookFailed } from '../failures.js';
import { type HostPlan, datastore, project } from '../host-services.js';
import { scriptArgv } from '../look-at.js';

/** Sentences that go through Temporal and onto a screen; a compose.yml may ask for thousands. */
const mostRights = 40;

/**
 * What the containers of a plan may do to their host beyond what every container may, one sentence
 * each. Judged on what docker compose on the host makes of it, which fills in variables, and on
 * what compose reads files for, which it leaves out of its answer. BadInput when compose refuses
 * the plan.
 */
export async function rightsOnHost(
  { remote, signal }: Pick<StageContext, 'remote' | 'signal'>,
  host: string,
  { plan, secrets }: Pick<HostPlan, 'plan' | 'secrets'>,
): Promise<string[]> {
  const { dockerCompose, services } = plan;
  if (Object.keys(dockerCompose.services).length === 0) return [];

  const argv = await scriptArgv('services/compose-config', [project], ['compose']);
  const { exit, stdout, stderr } = await remote.exec(argv, {
    stdin: writeDockerCompose(dockerCompose),
    signal,
  });
  const owners = ownersOf(services, datastore);
  const read = dockerComposeRights({ services: fileKeysOf(dockerCompose.services) }, owners, datastore);
  if (exit !== 0) throw refusedByCompose(host, read, masked(stderr.trim().slice(-500), secrets));

  const found = dockerComposeRights(parseRendered(stdout, host), owners, datastore);
  return capRights([...new Set([...found, ...read])]);
}

/**
 * Compose quotes the files that it cannot read as what it takes them for; one of them may be
 * /etc/shadow.
 */
function refusedByCompose(host: string, read: readonly string[], said: string): BadInput {
  const why =
    read.length === 0
      ? said
      : `what it said may quote files, and is left out: ${capRights([...read]).join('; ')}`;
  return new BadInput(
    `docker compose on ${host} refuses what compose.yml and its charms come to: ${why}`,
    'correct the part under docker-compose:',
  );
}

/** Of each service the keys that compose reads files for. */
const fileKeysOf = (services: Record<string, Mapping>): Mapping =>
  Object.fromEntries(
    Object.entries(services).map(([name, body]) => [
      name,
      Object.fromEntries(Object.entries(body).filter(([key]) => fileKeys.includes(key))),
    ]),
  );

function parseRendered(stdout: string, host: string): Mapping {
  try {
    const rendered = JSON.parse(stdout) as unknown;
    if (isMapping(rendered)) return rendered;
  } catch {
    // Told below: what cannot be read cannot be judged.
  }
  throw lookFailed(host, 'docker compose config answered what is no JSON');
}

const capRights = (rights: string[]): string[] =>
  rights.length <= mostRights
    ? rights
    : [...rights.slice(0, mostRights), `${rights.length - mostRights} more of the kind`];
