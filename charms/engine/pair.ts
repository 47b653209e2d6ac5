import { parseServiceName } from '../../workflows/contract/names.js';
import { shortName } from './catalog.js';
import { type CharmUse, usesOf } from './metadata.js';
import { type Candidate, type Resolving, addService, bareService } from './resolving.js';

/** A need of a service that compose.yml leaves to the engine. */
interface Need extends CharmUse {
  service: Candidate;
  relation: string;
}

/** Adds the service of a charm for each need that says so and that no service meets yet. */
export function summonServices(resolving: Resolving): void {
  const { services } = resolving;
  const index = providerIndex(services.values());
  // Services that are added meanwhile are visited too: they may need others.
  for (const service of services.values())
    for (const need of needsOf(service)) {
      if (need.auto !== 'summon' || others(index, need).length > 0) continue;
      const added = summoned(resolving, need);
      if (added !== undefined) addToIndex(index, added);
    }
}

function summoned(resolving: Resolving, need: Need): Candidate | undefined {
  const { catalog, services } = resolving;
  const charms = catalog
    .providersOf(need.relation)
    .filter(({ name, fault }) => fault === undefined && name !== need.service.definition.name);
  const [charm, ...more] = charms;
  // Nothing to add: told when the services are paired.
  if (charm === undefined) return undefined;
  const name = shortName(charm);
  if (more.length > 0)
    problem(
      resolving,
      need,
      `${need.service.name} needs ${need.relation}, and ${charms.length} charms provide it`,
      `add one of these services: ${charms.map((one) => `"${shortName(one)}:"`).join(', ')}`,
    );
  else if (services.has(name))
    problem(
      resolving,
      need,
      `${need.service.name} needs ${need.relation}, which the charm "${charm.name}" provides, but the service "${name}" is of another charm`,
      `add a service of another name: {charm: ${charm.name}}`,
    );
  else if (addService(resolving, bareService(parseServiceName(name), charm), need.service))
    return services.get(name);
  return undefined;
}

/** Relates each need to the one service that meets it. */
export function pairServices(resolving: Resolving): void {
  const { services } = resolving;
  const index = providerIndex(services.values());
  for (const service of services.values()) {
    for (const need of needsOf(service)) {
      const [provider, ...more] = need.auto === 'none' ? [] : others(index, need);
      if (provider === undefined) unmet(resolving, need, others(index, need));
      else if (more.length > 0) ambiguous(resolving, need, [provider, ...more]);
      else
        service.related.push({
          ...{ name: need.relation, target: provider.name, options: {} },
          origin: provider.summoned && need.auto === 'summon' ? 'summoned' : 'paired',
        });
    }
    refuseUnrelated(resolving, service);
    // So that the order of hooks does not tell who wrote a relation, compose.yml or the engine.
    service.related.sort((a, b) => compare(a.name, b.name) || compare(a.target, b.target));
  }
}

function needsOf(service: Candidate): Need[] {
  const decided = new Set([...service.relations.map(({ name }) => name), ...service.unrelated]);
  return [...usesOf(service.definition.metadata)]
    .filter(([relation]) => !decided.has(relation))
    .map(([relation, use]) => ({ ...use, service, relation }));
}

function unmet(resolving: Resolving, need: Need, there: readonly Candidate[] = []): void {
  const { service, relation, constraint, solves } = need;
  const charms = resolving.catalog.providersOf(relation);
  const services = there.map(({ name }) => name);
  const choice =
    services.length > 0
      ? `write one of: ${services.map((name) => `relations: {${relation}: ${name}}`).join(', ')}`
      : charms.length > 0
        ? `add a service of one of these charms: ${charms.map(({ name }) => name).join(', ')}`
        : 'no charm provides it: add a charm repository that does';
  if (constraint === 'required')
    problem(
      resolving,
      need,
      `${service.name} needs ${relation}, and ${services.length > 0 ? 'is not related by itself' : 'no service provides it'}`,
      choice,
    );
  else if (constraint === 'recommended') {
    const why = Object.entries(solves ?? {}).map(([what, text]) => `${what}: ${String(text)}`);
    const reason = why.length === 0 ? '' : ` (${why.join('; ')})`;
    resolving.advice.push(`service ${service.name} would use ${relation}${reason}; ${choice}`);
  }
}

function ambiguous(resolving: Resolving, need: Need, providers: readonly Candidate[]): void {
  const names = providers.map(({ name }) => name);
  problem(
    resolving,
    need,
    `${need.service.name} uses ${need.relation}, and ${names.length} services provide it: ${names.join(', ')}`,
    `write one of: ${[...names, '[]'].map((name) => `relations: {${need.relation}: ${name}}`).join(', ')}`,
  );
}

function refuseUnrelated(resolving: Resolving, service: Candidate): void {
  for (const relation of service.unrelated)
    if (usesOf(service.definition.metadata).get(relation)?.constraint === 'required')
      resolving.problems.push(
        resolving.file.problem(
          [service.name, 'relations', relation],
          `${service.name} needs ${relation}, and it is written without a service`,
          'name a service that provides it',
        ),
      );
}

/** A service that is not written has no place of its own: told at the one that led to it. */
const problem = ({ problems, file }: Resolving, { service }: Need, message: string, next: string): void =>
  void problems.push(file.problem([service.writtenAt], message, next));

type Index = Map<string, Candidate[]>;

function providerIndex(services: Iterable<Candidate>): Index {
  const index: Index = new Map();
  for (const service of services) addToIndex(index, service);
  return index;
}

function addToIndex(index: Index, service: Candidate): void {
  for (const relation of Object.keys(service.definition.metadata.provides ?? {})) {
    const known = index.get(relation);
    if (known === undefined) index.set(relation, [service]);
    else known.push(service);
  }
}

const others = (index: Index, { relation, service }: Need): Candidate[] =>
  (index.get(relation) ?? []).filter((provider) => provider !== service);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
