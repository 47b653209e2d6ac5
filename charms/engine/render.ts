import { type Charm, builtImage, charmDirectory } from './charm.js';
import type { ComposeFile } from './compose-file.js';
import { type PlannedHook, type PlannedService, initHook } from './hooks.js';
import { type Mapping, mergeMappings } from './merge.js';
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
  const running = resolved.filter(({ definition }) => definition.metadata.type !== 'stub');
  const services = Object.fromEntries(running.map((service) => [service.name, rendered(service, input)]));
  const planned = resolved.map((service) => plannedService(service, services[service.name]?.image, input));
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

function plannedService(
  service: ResolvedService,
  image: unknown,
  { project, datastore }: PlanInput,
): PlannedService {
  const { name, definition } = service;
  return {
    name,
    charm: definition.name,
    repository: definition.repository,
    charmDirectory: charmDirectory(definition),
    dataDirectory: `${datastore}/data/${name}`,
    configDirectory: `${datastore}/config/${name}`,
    // compose.yml may name another image than the charm: its hook asks the one that runs.
    image: typeof image === 'string' ? image : imageOf(service, project),
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
    labels: {
      'myc.charm': definition.name,
      'myc.service': name,
      // Their paths stay the same when their content changes: the label makes compose recreate the container.
      ...(definition.resourcesDigest === undefined || metadata['charm-resources'] === undefined
        ? {}
        : { 'myc.resources': definition.resourcesDigest.slice(0, 16) }),
      // A backup reads it off the container, whatever the charms say by then; compose takes a single $ for a variable.
      ...(metadata.backup === undefined
        ? {}
        : { 'myc.backup': JSON.stringify(metadata.backup).replaceAll('$', '$$$$') }),
    },
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
