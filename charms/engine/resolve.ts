import type { Charm } from './charm.js';
import { oneOf } from './candidates.js';
import type { ComposeFile, ComposeService } from './compose-file.js';
import { type YamlProblem, YamlError } from './problem.js';

export interface ResolvedService extends ComposeService {
  definition: Charm;
}

/**
 * Each service with its charm, providers before those who use them, otherwise as compose.yml has them. Throws YamlError
 * for an unknown charm, an unknown target, an option the charm does not declare, a circle of relations.
 */
export function resolveServices(file: ComposeFile, charms: readonly Charm[]): ResolvedService[] {
  const definitions = new Map<string, Charm>();
  // The first repository that has a charm wins.
  for (const charm of charms) if (!definitions.has(charm.name)) definitions.set(charm.name, charm);
  const names = new Set<string>(file.services.map((service) => service.name));
  const problems: YamlProblem[] = [];
  const services = file.services.flatMap((service): ResolvedService[] => {
    const definition = definitions.get(service.charm);
    for (const relation of service.relations)
      if (!names.has(relation.target))
        problems.push(
          file.problem(
            [service.name, 'relations', relation.name, relation.target],
            `${service.name} has ${relation.name} to "${relation.target}", which is no service here`,
            oneOf(relation.target, [...names]),
          ),
        );
    if (definition === undefined) {
      const message = `the charm "${service.charm}" of service "${service.name}" is in no charm repository`;
      problems.push(
        file.problem([service.name, 'charm'], message, oneOf(service.charm, [...definitions.keys()])),
      );
      return [];
    }
    problems.push(...unknownOptions(file, service, definition));
    return [{ ...service, definition }];
  });
  throwAll(problems);
  return inOrder(file, services);
}

function unknownOptions(file: ComposeFile, service: ComposeService, charm: Charm): YamlProblem[] {
  const { options } = charm.metadata;
  if (options === undefined) return [];
  const declared = Object.keys(options);
  return Object.keys(service.options)
    .filter((option) => !declared.includes(option))
    .map((option) =>
      file.problem(
        [service.name, 'options', option],
        `the charm "${charm.name}" has no option "${option}"`,
        oneOf(option, declared),
      ),
    );
}

function inOrder(file: ComposeFile, services: readonly ResolvedService[]): ResolvedService[] {
  const byName = new Map<string, ResolvedService>(services.map((service) => [service.name, service]));
  const ordered = new Set<ResolvedService>();
  const open: string[] = [];
  const visit = (service: ResolvedService): void => {
    if (ordered.has(service)) return;
    if (open.includes(service.name)) {
      const circle = [...open.slice(open.indexOf(service.name)), service.name].join(' -> ');
      const message = `relations go in a circle: ${circle}`;
      throwAll([file.problem([service.name, 'relations'], message, 'remove one of these relations')]);
    }
    open.push(service.name);
    for (const relation of service.relations) {
      const target = byName.get(relation.target);
      if (target !== undefined) visit(target);
    }
    open.pop();
    ordered.add(service);
  };
  services.forEach(visit);
  return [...ordered];
}

function throwAll(problems: readonly YamlProblem[]): void {
  const [first, ...others] = problems;
  if (first !== undefined) throw new YamlError([first, ...others]);
}
