import { createHash } from 'node:crypto';
import path from 'node:path';
import { type Plan, YamlError } from '../charms/engine/index.js';
import { BadInput } from '../workflows/contract/bad-input.js';
import { parseOperationId, parseServiceName } from '../workflows/contract/names.js';
import type { ServicesInput } from './activities.js';
import type { Remote } from './adapters/remote/remote.js';
import type { CharmRepository } from './charm-repositories.js';
import { installedCharms } from './charm-store.js';
import { selectServices } from './commands/selected-services.js';
import { badYaml } from './failures.js';
import { lookAt } from './look-at.js';
import { type ComposeSources, planServicesOf, secretsSaid } from './services-plan.js';
import { stageFolder } from './stage-folder.js';

export const project = 'myc';
export const datastore = '/srv/datastore';
export const composeFile = '/opt/apps/myc-deploy/compose.yml';

/** What compose.yml and charms come to on a host; read anew by each activity, since it never goes through Temporal. */
export interface HostPlan {
  /** Of the selected services; its dockerCompose is of all of them. */
  plan: Plan;
  all: Plan;
  digest: string;
  /** Masked in what the host's programs say. */
  secrets: string[];
}

/** `digest`: the one that the operation planned with. BadInput when it is another by now. */
export async function readHostPlan(
  remote: Remote,
  input: ServicesInput & { digest?: string },
  repositories: readonly CharmRepository[],
  signal: AbortSignal,
): Promise<HostPlan> {
  const given = input.given === true ? parseOperationId(input.operationId) : undefined;
  const [said, installed] = await Promise.all([
    input.staged === true
      ? servicesLook(remote, 'staged', signal, `${stageFolder(input)}/stage${path.dirname(composeFile)}`)
      : servicesLook(remote, 'plan', signal, given),
    installedCharms(remote, repositories, signal),
  ]);
  const deployed =
    said.has('docker') && repositories.every(({ name, digest }) => installed.get(name) === digest);
  const sources = sourcesOf(said, input.staged === true ? 'the backup' : input.host);
  if (!deployed || sources === undefined) throw notDeployed(input.host, said, deployed);
  if (given !== undefined && !said.has('given'))
    throw new BadInput(`what was given with the command is not on ${input.host} any more`, 'start it again');
  const { text, where, added } = sources;
  const digest = createHash('sha256')
    .update(
      JSON.stringify([text, added?.text ?? null, repositories.map(({ name, digest }) => [name, digest])]),
    )
    .digest('hex')
    .slice(0, 32);
  if (input.digest !== undefined && input.digest !== digest)
    throw new BadInput(
      `compose.yml or the charms of ${input.host} changed while its services were brought up`,
      `run myc-wf start up ${input.host} again`,
    );
  const all = planOf(sources, repositories);
  return {
    plan: selectServices(all, input.services?.map(parseServiceName), where),
    all,
    digest,
    secrets: secretsSaid(said, all),
  };
}

/** compose.yml as the host has it or was given it; undefined when it has none. */
export function sourcesOf(said: Map<string, string[]>, host: string): ComposeSources | undefined {
  const [text] = said.get('compose') ?? [];
  if (text === undefined) return undefined;
  const [added] = said.get('added') ?? [];
  return {
    text,
    where: said.has('replaced') ? 'compose.yml (--file)' : `${host}:${composeFile}`,
    ...(added === undefined ? {} : { added: { text: added, file: '--add-compose-content' } }),
  };
}

/** Lines of services-look.sh by their first word, contents decoded; `about`: the operation that was given something, or the stage. */
export async function servicesLook(
  remote: Remote,
  what: 'plan' | 'fragments' | 'written' | 'staged',
  signal: AbortSignal,
  about?: string,
): Promise<Map<string, string[]>> {
  const asked = about === undefined ? [what] : [what, about];
  const stdout = await lookAt(remote, 'services-look', asked, { signal });
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
export function planOf(sources: ComposeSources, repositories: readonly CharmRepository[]): Plan {
  try {
    return planServicesOf(sources, repositories);
  } catch (error) {
    throw error instanceof YamlError ? badYaml(error) : error;
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
