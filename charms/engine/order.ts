import { usesOf } from './metadata.js';
import type { Candidate, ResolvedRelation, Resolving } from './resolving.js';

type Edges = (service: Candidate) => readonly ResolvedRelation[];

/**
 * Providers before those who use them, otherwise as compose.yml has them. A circle is a fault, unless a relation that the
 * engine made itself and that is not required closes it: that one stands, and only the order does not follow it.
 */
export function inOrder(resolving: Resolving): Candidate[] {
  const { services, problems, file, warnings } = resolving;
  const all: Edges = (service) => service.related;
  const sorted = depthFirst(services, all);
  if (!('circle' in sorted)) return sorted.order;
  const firm = depthFirst(services, (service) => service.related.filter((one) => isFirm(service, one)));
  if ('circle' in firm) {
    const [first = ''] = firm.circle;
    const message = `relations go in a circle: ${firm.circle.join(' -> ')}`;
    const next = 'remove one of these relations, or name another service for it';
    problems.push(file.problem([first, 'relations'], message, next));
    return [];
  }
  const loose = new Set<ResolvedRelation>();
  for (;;) {
    const tried = depthFirst(services, (service) => service.related.filter((one) => !loose.has(one)));
    if (!('circle' in tried)) return tried.order;
    const { base, relation } = looseIn(services, tried.circle, loose);
    loose.add(relation);
    warnings.push(
      `${relation.name} of ${base} to ${relation.target} closes a circle (${tried.circle.join(' -> ')}): it stands, ` +
        'the order does not follow it',
    );
  }
}

const isFirm = (service: Candidate, { name, origin }: ResolvedRelation): boolean =>
  origin === 'explicit' || usesOf(service.definition.metadata).get(name)?.constraint === 'required';

/** The last relation of a circle that may be let loose; there is one, since the firm ones alone make no circle. */
function looseIn(
  services: Resolving['services'],
  circle: readonly string[],
  loose: ReadonlySet<ResolvedRelation>,
): { base: string; relation: ResolvedRelation } {
  for (let at = circle.length - 2; at >= 0; at -= 1) {
    const base = services.get(circle[at] ?? '');
    const relation = base?.related.find(
      (one) => one.target === circle[at + 1] && !loose.has(one) && !isFirm(base, one),
    );
    if (base !== undefined && relation !== undefined) return { base: base.name, relation };
  }
  throw new Error(`no relation of ${circle.join(' -> ')} may be let loose`);
}

/** Without recursion: a chain of services may be longer than the stack is deep. */
function depthFirst(
  services: ReadonlyMap<string, Candidate>,
  edges: Edges,
): { order: Candidate[] } | { circle: string[] } {
  const order = new Set<Candidate>();
  for (const start of services.values()) {
    if (order.has(start)) continue;
    const open = [{ service: start, rest: edges(start), next: 0 }];
    const opened = new Set<string>([start.name]);
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const relation = top.rest[top.next];
      if (relation === undefined) {
        order.add(top.service);
        opened.delete(top.service.name);
        open.pop();
        continue;
      }
      top.next += 1;
      const target = services.get(relation.target);
      if (target === undefined || order.has(target)) continue;
      if (opened.has(target.name)) {
        const path = open.map(({ service }) => service.name as string);
        return { circle: [...path.slice(path.indexOf(target.name)), target.name] };
      }
      opened.add(target.name);
      open.push({ service: target, rest: edges(target), next: 0 });
    }
  }
  return { order: [...order] };
}
