import { type Charm, builtImage, charmDirectory } from './charm.js';
import type { ComposeFile } from './compose-file.js';
import { type Mapping, isMapping, mergeMappings } from './merge.js';
import { type ResolvedService, resolveServices } from './resolve.js';
import { serviceWarnings } from './warnings.js';

export interface PlanInput {
  composeFile: ComposeFile;
  /** Of all repositories, in the order they are searched. */
  charms: readonly Charm[];
  /** `myc` */
  project: string;
  /** `/srv/datastore` */
  datastore: string;
}

export interface PlannedService {
  name: string;
  charm: string;
  repository: string;
  charmDirectory: string;
  dataDirectory: string;
  configDirectory: string;
  image: string | null;
  /** default-options with compose.yml's over them: what options-get reads. */
  options: Mapping;
  relations: { name: string; target: string; options: Mapping }[];
}

export interface PlannedHook {
  service: string;
  charm: string;
  hook: string;
  directory: string;
  environment: Record<string, string>;
}

export interface Plan {
  project: string;
  /** Providers before those who use them. */
  services: PlannedService[];
  images: { pull: string[]; build: { image: string; context: string; charm: string }[] };
  hooks: PlannedHook[];
  /** docker-compose.yml before the hooks' fragments. */
  dockerCompose: { name: string; services: Record<string, Mapping> };
  warnings: string[];
}

/** compose.yml and charms -> what to pull, build, run and write. Pure: the same input gives the same plan. */
export function plan(input: PlanInput): Plan {
  const resolved = resolveServices(input.composeFile, input.charms);
  const planned = resolved.map((service) => plannedService(service, input));
  const running = resolved.filter(({ definition }) => definition.metadata.type !== 'stub');
  const services = Object.fromEntries(running.map((service) => [service.name, rendered(service, input)]));
  return {
    project: input.project,
    services: planned,
    images: imagesOf(running, services, input.project),
    hooks: resolved
      .filter(({ definition }) => definition.hooks.includes('init'))
      .map((service) =>
        initHook(service, planned.find(({ name }) => name === service.name) as PlannedService, input),
      ),
    dockerCompose: { name: input.project, services },
    warnings: [
      ...Object.entries(services).flatMap(([name, body]) => serviceWarnings(name, body, input.datastore)),
      ...resolved.flatMap((service) =>
        service.relations.map(
          ({ name, target }) =>
            `service ${service.name}: ${name} to ${target} sets the order only, its hooks do not run`,
        ),
      ),
    ],
  };
}

function imageOf({ definition }: ResolvedService, project: string): string | null {
  if (definition.buildDigest !== undefined) return builtImage(project, definition, definition.buildDigest);
  return definition.metadata['docker-image'] ?? null;
}

function plannedService(service: ResolvedService, { project, datastore }: PlanInput): PlannedService {
  const { name, definition } = service;
  return {
    name,
    charm: definition.name,
    repository: definition.repository,
    charmDirectory: charmDirectory(definition),
    dataDirectory: `${datastore}/data/${name}`,
    configDirectory: `${datastore}/config/${name}`,
    image: imageOf(service, project),
    options: mergeMappings(definition.metadata['default-options'] ?? {}, service.options),
    relations: service.relations,
  };
}

function rendered(service: ResolvedService, { project, datastore }: PlanInput): Mapping {
  const { name, definition } = service;
  const { metadata } = definition;
  const image = imageOf(service, project);
  const volumes = [
    ...(metadata['data-resources'] ?? []).map((path) => `${datastore}/data/${name}${path}:${path}:rw`),
    ...(metadata['config-resources'] ?? []).map((path) => `${datastore}/config/${name}${path}:${path}:rw`),
    ...(metadata['charm-resources'] ?? []).map(
      (path) => `${charmDirectory(definition)}/resources${path}:${path}:ro`,
    ),
  ];
  const base: Mapping = {
    ...(image === null ? {} : { image }),
    restart: metadata.type === 'run-once' ? 'no' : 'unless-stopped',
    ...(volumes.length === 0 ? {} : { volumes }),
    labels: { 'myc.charm': definition.name, 'myc.service': name },
  };
  return [metadata['docker-compose'] ?? {}, service.dockerCompose].reduce<Mapping>(mergeMappings, base);
}

function imagesOf(
  running: readonly ResolvedService[],
  services: Record<string, Mapping>,
  project: string,
): Plan['images'] {
  const build = new Map<string, { image: string; context: string; charm: string }>();
  const pull = new Set<string>();
  for (const service of running) {
    const image = services[service.name]?.image;
    if (typeof image !== 'string') continue;
    // compose.yml may replace the image a charm would build.
    if (service.definition.buildDigest === undefined || image !== imageOf(service, project)) pull.add(image);
    else
      build.set(image, {
        image,
        context: `${charmDirectory(service.definition)}/build`,
        charm: service.definition.name,
      });
  }
  return { pull: [...pull], build: [...build.values()] };
}

function initHook(
  service: ResolvedService,
  planned: PlannedService,
  { project, datastore }: PlanInput,
): PlannedHook {
  const { dataDirectory, configDirectory, charmDirectory: directory, image } = planned;
  return {
    service: service.name,
    charm: service.definition.name,
    hook: 'init',
    directory,
    environment: {
      PROJECT_NAME: project,
      SERVICE_NAME: service.name,
      BASE_SERVICE_NAME: service.name,
      MASTER_BASE_SERVICE_NAME: service.name,
      SERVICE_DATASTORE: dataDirectory,
      SERVICE_CONFIGSTORE: configDirectory,
      DATASTORE: `${datastore}/data`,
      HOST_DATASTORE: `${datastore}/data`,
      CONFIGSTORE: `${datastore}/config`,
      CHARM_PATH: directory,
      BASE_CHARM_PATH: directory,
      DOCKER_BASE_IMAGE: image ?? '',
    },
  };
}

/** What config-add of a hook left, as parsed YAML or JSON, and who left it. */
export interface Fragment {
  service: string;
  hook: string;
  content: unknown;
}

/** docker-compose.yml with the hooks' fragments merged in, in the order the hooks ran; returns what is wrong as messages. */
export function addFragments(
  dockerCompose: Mapping,
  fragments: readonly Fragment[],
): { dockerCompose: Mapping; problems: string[] } {
  const problems: string[] = [];
  const result = fragments.reduce<Mapping>((into, { service, hook, content }) => {
    if (isMapping(content) && (content.services === undefined || isMapping(content.services)))
      return mergeMappings(into, content);
    problems.push(`hook ${hook} of service ${service}: config-add got no mapping of services`);
    return into;
  }, dockerCompose);
  return { dockerCompose: result, problems };
}
