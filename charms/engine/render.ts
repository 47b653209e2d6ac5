import { type Charm, builtImage, charmDirectory } from './charm.js';
import { dockerComposeRights, ownersOf } from './compose-rights.js';
import type { ComposeFile } from './compose-file.js';
import { type HostNames, relationEnvironment, serviceEnvironment } from './environment.js';
import { type PlannedHook, plannedHooks } from './hooks.js';
import { type Mapping, mergeMappings } from './merge.js';
import { usesOf } from './metadata.js';
import { type ResolvedService, resolveServices } from './resolve.js';
import type { RelationOrigin } from './resolving.js';
import { renderService } from './service.js';
import { type Variables, expanded } from './variables.js';
import { ownValue } from '../../workflows/contract/own-value.js';

export interface PlanInput extends HostNames {
  composeFile: ComposeFile;
  /** Of all repositories, in the order they are searched. */
  charms: readonly Charm[];
}

export interface PlannedRelation {
  name: string;
  target: string;
  origin: RelationOrigin;
  /** The charm's default-options with compose.yml's over them: what relation-get reads at first. */
  options: Mapping;
}

export interface PlannedService {
  name: string;
  charm: string;
  repository: string;
  /** service: `up` starts it; run-once: it is run by hand or by a schedule; none: no container of its own. */
  container: 'service' | 'run-once' | 'none';
  summoned: boolean;
  /** The service whose container it is about. */
  master: string;
  charmDirectory: string;
  dataDirectory: string;
  configDirectory: string;
  image: string | null;
  /** default-options with compose.yml's over them: what options-get reads. */
  options: Mapping;
  relations: PlannedRelation[];
  /** What its hooks and actions find in theirs. */
  environment: Variables;
}

export interface Plan {
  project: string;
  /** Providers before those who use them. */
  services: PlannedService[];
  images: { pull: string[]; build: { image: string; context: string; charm: string }[] };
  hooks: PlannedHook[];
  /** docker-compose.yml before the hooks' fragments. */
  dockerCompose: { name: string; services: Record<string, Mapping> };
  /**
   * What its containers may do to the host beyond what every container may, as far as it can be
   * read before compose rendered it.
   */
  rights: string[];
  warnings: string[];
  /** What could be had: recommended relations that nothing provides. */
  advice: string[];
}

/** compose.yml and charms -> what to pull, build, run and write. Pure: the same input gives the same plan. */
export function plan(input: PlanInput): Plan {
  const { services: resolved, warnings, advice } = resolveServices(input.composeFile, input.charms);
  const own = resolved.filter((service) => containerOf(service) !== 'none');
  const bodies = new Map(
    own.map((service) => [service.name as string, renderService(service, imageOf(service, input), input)]),
  );
  for (const service of resolved.filter(({ master, name }) => master !== name)) {
    const body = bodies.get(service.master);
    // A subordinate charm's parts go into the container of its master.
    if (body !== undefined)
      bodies.set(service.master, mergeMappings(body, renderService(service, null, input)));
  }
  const services = Object.fromEntries([...bodies].sort(([a], [b]) => (a < b ? -1 : 1)));
  const byName = new Map(resolved.map((service) => [service.name as string, service]));
  // compose.yml may name another image than the charm: a hook asks the one that runs.
  const image = (service: ResolvedService): string | null => {
    const running = ownValue(services, service.master)?.image;
    return typeof running === 'string' ? running : imageOf(byName.get(service.master) ?? service, input);
  };
  const environments = new Map(
    resolved.map((service) => [service, serviceEnvironment(service, image(service), input)]),
  );
  const environmentOf = (service: ResolvedService): Variables => environments.get(service) ?? {};
  return {
    project: input.project,
    services: resolved.map((service) => ({
      name: service.name,
      charm: service.definition.name,
      repository: service.definition.repository,
      container: containerOf(service),
      summoned: service.summoned,
      master: service.master,
      charmDirectory: charmDirectory(service.definition),
      dataDirectory: `${input.datastore}/data/${service.name}`,
      configDirectory: `${input.datastore}/config/${service.name}`,
      image: image(service),
      environment: environmentOf(service),
      options: expanded(
        mergeMappings(service.definition.metadata['default-options'] ?? {}, service.options),
        environmentOf(service),
      ),
      relations: service.relations.map((relation) => {
        const { name, target, origin } = relation;
        const provider = byName.get(target);
        const defaults = usesOf(service.definition.metadata).get(name)?.['default-options'] ?? {};
        const merged = mergeMappings(defaults, relation.options);
        const options =
          provider === undefined
            ? merged
            : expanded(
                merged,
                relationEnvironment({ relation, base: service, target: provider }, environmentOf(service)),
              );
        return { name, target, origin, options };
      }),
    })),
    images: imagesOf(own, services, input),
    hooks: plannedHooks(resolved, environmentOf),
    dockerCompose: { name: input.project, services },
    rights: dockerComposeRights({ services }, ownersOf(resolved, input.datastore), input.datastore),
    warnings,
    advice,
  };
}

function containerOf({ definition: { metadata } }: ResolvedService): PlannedService['container'] {
  if (metadata.subordinate || metadata.type === 'stub') return 'none';
  return metadata.type;
}

function imageOf({ definition }: ResolvedService, { project }: PlanInput): string | null {
  if (definition.buildDigest !== undefined) return builtImage(project, definition, definition.buildDigest);
  return definition.metadata['docker-image'] ?? null;
}

function imagesOf(
  own: readonly ResolvedService[],
  services: Record<string, Mapping>,
  input: PlanInput,
): Plan['images'] {
  const build = new Map<string, { image: string; context: string; charm: string }>();
  const pull = new Set<string>();
  for (const service of own) {
    const image = ownValue(services, service.name)?.image;
    if (typeof image !== 'string') continue;
    // compose.yml may replace the image a charm would build.
    if (service.definition.buildDigest === undefined || image !== imageOf(service, input)) pull.add(image);
    else
      build.set(image, {
        image,
        context: `${charmDirectory(service.definition)}/build`,
        charm: service.definition.name,
      });
  }
  return { pull: [...pull], build: [...build.values()] };
}
