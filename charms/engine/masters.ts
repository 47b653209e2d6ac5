import { usesOf } from './metadata.js';
import type { Candidate, Resolving } from './resolving.js';

/** For each service of a subordinate charm the service whose container it adds to, through other subordinates if need be. */
export function mastersOf({ services, problems, file }: Resolving): Map<string, string> {
  const masters = new Map<string, string>();
  for (const service of services.values()) {
    let at: Candidate | undefined = service;
    const passed = new Set<string>();
    while (at?.definition.metadata.subordinate === true && !passed.has(at.name)) {
      passed.add(at.name);
      at = services.get(containerTarget(at) ?? '');
    }
    if (at !== undefined && !passed.has(at.name)) {
      if (at !== service) masters.set(service.name, at.name);
      continue;
    }
    problems.push(
      file.problem(
        [service.name],
        `${service.name} is of the subordinate charm "${service.definition.name}", and no relation says which service it adds to`,
        'mark that relation with "scope: container" in its metadata.yml and relate it in compose.yml',
      ),
    );
  }
  return masters;
}

function containerTarget({ definition, related }: Candidate): string | undefined {
  const uses = usesOf(definition.metadata);
  const marked = [...uses].filter(([, { scope }]) => scope === 'container').map(([name]) => name);
  const [only] = marked.length > 0 ? marked : [...uses.keys()].slice(0, uses.size === 1 ? 1 : 0);
  return related.find(({ name }) => name === only)?.target;
}
