import { oneOf } from '../../charms/engine/candidates.js';
import type { Plan } from '../../charms/engine/index.js';
import { BadInput, shown } from '../../workflows/contract/bad-input.js';
import { ownValue } from '../../workflows/contract/own-value.js';

/** The part of a plan that the named services need: they and those they have relations to. All of it without names. */
export function selectServices(plan: Plan, names: readonly string[] | undefined, where: string): Plan {
  if (names === undefined || names.length === 0) return plan;
  const byName = new Map(plan.services.map((service) => [service.name, service]));
  const wanted = new Set<string>();
  const add = (name: string): void => {
    if (wanted.has(name)) return;
    const service = byName.get(name);
    if (service === undefined)
      throw new BadInput(`${where} has no service ${shown(name)}`, oneOf(name, [...byName.keys()]));
    wanted.add(name);
    service.relations.forEach(({ target }) => add(target));
  };
  names.forEach(add);
  const images = new Set(
    [...wanted]
      .map((name) => ownValue(plan.dockerCompose.services, name)?.image)
      .filter((image) => image !== undefined),
  );
  return {
    ...plan,
    services: plan.services.filter(({ name }) => wanted.has(name)),
    hooks: plan.hooks.filter(({ service, relation }) => wanted.has(relation?.base ?? service)),
    images: {
      pull: plan.images.pull.filter((image) => images.has(image)),
      build: plan.images.build.filter(({ image }) => images.has(image)),
    },
  };
}
