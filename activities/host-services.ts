import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Plan, YamlError, parseComposeFile, plan } from '../charms/engine/index.js';
import { BadInput } from '../workflows/contract/bad-input.js';
import { parseServiceName } from '../workflows/contract/names.js';
import type { ServicesInput } from './activities.js';
import type { Remote } from './adapters/remote/remote.js';
import type { CharmRepository } from './charm-repositories.js';
import { installedCharms } from './charm-store.js';
import { secretsIn } from './commands/known-secrets.js';
import { selectServices } from './commands/selected-services.js';
import { badYaml, lookFailed } from './failures.js';

export const project = 'myc';
const composeFile = '/opt/apps/myc-deploy/compose.yml';
const script = new URL('scripts/services-look.sh', import.meta.url);

/** What compose.yml and charms come to on a host; read anew by each activity, since it never goes through Temporal. */
export interface HostPlan {
  /** Of the selected services; its dockerCompose is of all of them. */
  plan: Plan;
  all: Plan;
  digest: string;
  /** Masked in what the host's programs say. */
  secrets: string[];
}

/** `expected`: the digest that the operation planned with. BadInput when it is another by now. */
export async function readHostPlan(
  remote: Remote,
  input: ServicesInput & { digest?: string },
  repositories: readonly CharmRepository[],
  signal: AbortSignal,
): Promise<HostPlan> {
  const [said, installed] = await Promise.all([
    servicesLook(remote, ['plan'], signal),
    installedCharms(remote, repositories, signal),
  ]);
  const deployed =
    said.has('docker') && repositories.every(({ name, digest }) => installed.get(name) === digest);
  const [text] = said.get('compose') ?? [];
  if (!deployed || text === undefined) throw notDeployed(input.host, said, deployed);
  const digest = createHash('sha256')
    .update(JSON.stringify([text, repositories.map(({ name, digest }) => [name, digest])]))
    .digest('hex')
    .slice(0, 32);
  if (input.digest !== undefined && input.digest !== digest)
    throw new BadInput(
      `compose.yml or the charms of ${input.host} changed while its services were brought up`,
      `run myc-wf start up ${input.host} again`,
    );
  const where = `${input.host}:${composeFile}`;
  const all = planOf(text, where, repositories);
  return {
    plan: selectServices(all, input.services?.map(parseServiceName), where),
    all,
    digest,
    secrets: [
      ...(said.get('secret') ?? []).map((secret) => secret.trim()),
      ...(said.get('relation') ?? []).flatMap((data) => secretsIn(jsonOr(data))),
      ...secretsOf(all),
    ],
  };
}

/** Lines of services-look.sh by their first word, contents decoded. */
export async function servicesLook(
  remote: Remote,
  what: ['plan' | 'fragments'] | ['staged', folder: string],
  signal: AbortSignal,
): Promise<Map<string, string[]>> {
  const argv = ['bash', '-c', await readFile(script, 'utf8'), 'services-look.sh', ...what];
  const { exit, stdout, stderr } = await remote.exec(argv, { signal });
  if (exit !== 0) throw lookFailed(remote.name, stderr);
  const said = new Map<string, string[]>();
  for (const line of stdout.split('\n').filter((line) => line !== '')) {
    const words = line.split(' ');
    const name = words.slice(0, -1).join(' ') || line;
    const content = Buffer.from(words.length > 1 ? (words.at(-1) ?? '') : '', 'base64').toString('utf8');
    said.set(name, [...(said.get(name) ?? []), content]);
  }
  return said;
}

/** BadInput with file, line and column when compose.yml is none. */
export function planOf(text: string, where: string, repositories: readonly CharmRepository[]): Plan {
  try {
    return plan({
      composeFile: parseComposeFile(text, where),
      charms: repositories.flatMap(({ charms }) => charms),
      project,
      datastore: '/srv/datastore',
    });
  } catch (error) {
    throw error instanceof YamlError ? badYaml(error) : error;
  }
}

/** What hooks told each other; a file that was cut off by a power cut says nothing. */
function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function notDeployed(host: string, said: Map<string, string[]>, deployed: boolean): BadInput {
  const what = !said.has('docker')
    ? `${host} has no Docker`
    : deployed
      ? `${host} has no ${composeFile}`
      : `${host} has other charms than this configuration`;
  return new BadInput(what, `run myc-wf start deploy ${host} first`);
}

const secretsOf = ({ services, dockerCompose }: Plan): string[] => [
  ...services.flatMap(({ options, relations }) => [
    ...secretsIn(options),
    ...relations.flatMap((relation) => secretsIn(relation.options)),
  ]),
  ...secretsIn(dockerCompose),
];
