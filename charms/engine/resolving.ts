import { oneOf } from './candidates.js';
import type { Catalog } from './catalog.js';
import type { Charm } from './charm.js';
import type { ComposeFile, ComposeService, Relation } from './compose-file.js';
import type { YamlProblem } from './problem.js';

/** explicit: compose.yml names it; paired: with the one service that provides it; summoned: with one added for it. */
export type RelationOrigin = 'explicit' | 'paired' | 'summoned';

export interface ResolvedRelation extends Relation {
  origin: RelationOrigin;
}

/** A service on its way to a ResolvedService. */
export interface Candidate extends ComposeService {
  definition: Charm;
  related: ResolvedRelation[];
  summoned: boolean;
  /** The service of compose.yml that it is, or that led to it. */
  writtenAt: string;
}

/** What the parts of resolving share. */
export interface Resolving {
  file: ComposeFile;
  catalog: Catalog;
  services: Map<string, Candidate>;
  problems: YamlProblem[];
  warnings: string[];
  advice: string[];
}

/** False when no charm repository has its charm. */
export function addService(resolving: Resolving, service: ComposeService, summoner?: Candidate): boolean {
  const { file, catalog, services, problems } = resolving;
  const definition = catalog.find(service.charm);
  if (definition === undefined) {
    const message = `the charm "${service.charm}" of service "${service.name}" is in no charm repository`;
    problems.push(file.problem([service.name, 'charm'], message, oneOf(service.charm, catalog.names)));
    return false;
  }
  if (definition.fault !== undefined) throw definition.fault;
  const writtenAt = summoner?.writtenAt ?? service.name;
  services.set(service.name, {
    ...service,
    definition,
    related: [],
    summoned: summoner !== undefined,
    writtenAt,
  });
  return true;
}

/** A service that compose.yml does not have: nothing but its charm. */
export const bareService = (name: Relation['target'], charm: Charm): ComposeService => ({
  ...{ name, charm: charm.name, options: {}, relations: [], unrelated: [], dockerCompose: {} },
});
