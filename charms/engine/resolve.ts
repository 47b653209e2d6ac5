import { oneOf } from './candidates.js';
import { catalogOf, shortName } from './catalog.js';
import type { Charm } from './charm.js';
import type { ComposeFile, ComposeService } from './compose-file.js';
import { joinedHook } from './hooks.js';
import { mastersOf } from './masters.js';
import { inOrder } from './order.js';
import { pairServices, summonServices } from './pair.js';
import { type YamlProblem, YamlError } from './problem.js';
import {
  type Candidate,
  type ResolvedRelation,
  type Resolving,
  addService,
  bareService,
} from './resolving.js';

export interface ResolvedService extends Omit<ComposeService, 'relations' | 'unrelated'> {
  definition: Charm;
  relations: ResolvedRelation[];
  /** Not in compose.yml: a relation asked for it. */
  summoned: boolean;
  /** The service whose container it is about: its own, or for a subordinate charm the one it adds to. */
  master: string;
}

export interface Resolution {
  /** Providers before those who use them, otherwise as compose.yml has them. */
  services: ResolvedService[];
  warnings: string[];
  /** What could be had: recommended relations that nothing provides. */
  advice: string[];
}

/**
 * Each service with its charm and relations. Throws YamlError for an unknown charm, target or option, a need that nothing
 * or more than one service meets, a circle of relations. The same input gives the same result, in the same order.
 */
export function resolveServices(file: ComposeFile, charms: readonly Charm[]): Resolution {
  const resolving: Resolving = {
    ...{ file, catalog: catalogOf(charms), services: new Map<string, Candidate>() },
    ...{ problems: [], warnings: [], advice: [] },
  };
  const { services, problems, warnings, advice } = resolving;
  for (const service of file.services) addService(resolving, service);
  // A service that only a relation names is there under its charm's name, as if it were written.
  const written = new Set<string>(file.services.map(({ name }) => name));
  for (const service of services.values()) addTargets(resolving, service, written);
  throwAll(problems);
  summonServices(resolving);
  throwAll(problems);
  pairServices(resolving);
  for (const service of services.values()) checkOptions(resolving, service);
  throwAll(problems);
  for (const { name, warnings: found = [] } of new Set([...services.values()].map((one) => one.definition)))
    warnings.push(...found.map((warning) => `charm ${name}: ${warning}`));
  const masters = mastersOf(resolving);
  const ordered = inOrder(resolving);
  throwAll(problems);
  return {
    services: ordered.map((service) => ({
      ...{ name: service.name, charm: service.charm, definition: service.definition },
      ...{ options: service.options, dockerCompose: service.dockerCompose, summoned: service.summoned },
      relations: service.related,
      master: masters.get(service.name) ?? service.name,
    })),
    warnings,
    advice,
  };
}

function addTargets(resolving: Resolving, service: Candidate, written: ReadonlySet<string>): void {
  const { file, catalog, services, problems } = resolving;
  for (const relation of service.relations) {
    const { name, target } = relation;
    const at = (message: string, next: string): void =>
      void problems.push(file.problem([service.name, 'relations', name, target], message, next));
    if (!services.has(target) && !written.has(target)) {
      const charm = catalog.find(target);
      if (charm === undefined) {
        const message = `${service.name} has ${name} to "${target}", which is no service here`;
        const able = [...services.values()].filter((one) => one !== service && offers(one.definition, name));
        const others = catalog.providersOf(name).map(shortName);
        at(message, oneOf(target, [...new Set([...able.map((one) => one.name as string), ...others])]));
        continue;
      }
      addService(resolving, bareService(target, charm), service);
    }
    const provider = services.get(target);
    if (provider === undefined) continue;
    if (target === service.name) at(`${service.name} has ${name} to itself`, 'name another service');
    else if (!offers(provider.definition, name)) {
      const provided = Object.keys(provider.definition.metadata.provides ?? {});
      at(`the charm "${provider.definition.name}" of ${target} provides no "${name}"`, oneOf(name, provided));
    } else service.related.push({ ...relation, origin: 'explicit' });
  }
}

const offers = ({ metadata, hooks }: Charm, relation: string): boolean =>
  Object.hasOwn(metadata.provides ?? {}, relation) || hooks.includes(joinedHook(relation));

function checkOptions({ file, problems, warnings }: Resolving, service: Candidate): void {
  const { name, definition } = service;
  const { options, 'default-options': defaults } = definition.metadata;
  const known = Object.keys({ ...options, ...defaults });
  for (const option of Object.keys(service.options).filter((option) => !known.includes(option)))
    if (options === undefined || options === null)
      warnings.push(
        `service ${name}: the charm ${definition.name} declares no options, "${option}" is handed on`,
      );
    else {
      const message = `the charm "${definition.name}" has no option "${option}"`;
      problems.push(file.problem([name, 'options', option], message, oneOf(option, known)));
    }
}

function throwAll(problems: readonly YamlProblem[]): void {
  const [first, ...others] = problems;
  if (first !== undefined) throw new YamlError([first, ...others]);
}
