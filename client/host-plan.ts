import type { Remote } from '../activities/adapters/remote/remote.js';
import { type CharmRepository, readCharmRepositories } from '../activities/charm-repositories.js';
import { charmSources } from '../activities/charm-sources.js';
import { installedCharms } from '../activities/charm-store.js';
import { maskedIn } from '../activities/commands/known-secrets.js';
import { selectServices } from '../activities/commands/selected-services.js';
import { leftByHooks, withFragments } from '../activities/fragments.js';
import { composeFile, servicesLook, sourcesOf } from '../activities/host-services.js';
import { type ComposeSources, planServicesOf, secretsSaid } from '../activities/services-plan.js';
import { type Plan, writeDockerCompose } from '../charms/engine/index.js';
import type { HostName, ServiceName } from '../workflows/contract/names.js';
import { type ComposeText, showingPlaces } from './compose-source.js';
import type { Context } from './context.js';
import { notFound } from './errors.js';

/** What takes the place of a host's compose.yml, and what is merged over it. */
export interface GivenTexts {
  compose?: ComposeText;
  added?: ComposeText;
}

export interface PlannedOnHost {
  remote: Remote;
  /** Of the asked services. */
  plan: Plan;
  all: Plan;
  repositories: readonly CharmRepository[];
  secrets: string[];
}

/** What a host's compose.yml and this configuration's charms come to; read over SSH, nothing is changed. */
export async function planOnHost(
  context: Pick<Context, 'hosts' | 'config' | 'signal'>,
  host: HostName,
  services: readonly ServiceName[],
  { compose, added }: GivenTexts,
): Promise<PlannedOnHost> {
  const { signal } = context;
  const remote = await (await context.hosts()).host(host);
  const { config } = await context.config();
  const repositories = readCharmRepositories(await charmSources(config['charm-repositories']));
  const [said, installed] = await Promise.all([
    servicesLook(remote, 'plan', signal),
    installedCharms(remote, repositories, signal),
  ]);
  const own = sourcesOf(said, host);
  const text = compose === undefined ? own : { text: compose.text, where: compose.file };
  if (text === undefined)
    throw notFound(`${host} has no ${composeFile}`, `myc-wf start deploy ${host} writes a first one`);
  const sources: ComposeSources = added === undefined ? text : { ...text, added };
  const all = showingPlaces(() => planServicesOf(sources, repositories));
  const others = repositories.filter(({ name, digest }) => installed.get(name) !== digest);
  if (others.length > 0) {
    const names = others.map(({ name }) => name).join(', ');
    all.warnings.push(
      `${host} has other charms of ${names} than this configuration: myc-wf start deploy ${host} brings these`,
    );
  }
  const plan = selectServices(all, services, sources.where);
  return { remote, all, plan, repositories, secrets: secretsSaid(said, all) };
}

/** docker-compose.yml with what the hooks left on the host the last time they ran. */
export async function renderedOnHost(
  { remote, all, secrets }: PlannedOnHost,
  signal: AbortSignal,
  { showSecrets = false } = {},
): Promise<string> {
  const dockerCompose = withFragments(await leftByHooks({ remote, signal }), all);
  return writeDockerCompose(showSecrets ? dockerCompose : maskedIn(dockerCompose, secrets));
}
