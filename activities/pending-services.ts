import { isDeepStrictEqual } from 'node:util';
import { type Mapping, type Plan, isMapping, parseYaml, writeDockerCompose } from '../charms/engine/index.js';
import { BadInput } from '../workflows/contract/bad-input.js';
import type { Container, Docker } from './adapters/docker/docker.js';
import type { StageContext } from './converge.js';
import { leftByHooks, withFragments } from './fragments.js';
import { type HostPlan, project, servicesLook } from './host-services.js';
import { ownValue } from '../workflows/contract/own-value.js';

/** What `up` would do to containers if its hooks leave what they left the last time; undefined when those left what is none. */
export async function pendingServices(
  { remote, signal }: Pick<StageContext, 'remote' | 'signal'>,
  { plan, all }: Pick<HostPlan, 'plan' | 'all'>,
  names: readonly string[],
  docker: Pick<Docker, 'containersOf'>,
): Promise<string[] | undefined> {
  try {
    const [left, said, containers] = await Promise.all([
      leftByHooks({ remote, signal }),
      servicesLook(remote, 'written', signal),
      docker.containersOf(project),
    ]);
    const { services } = withFragments(left, all);
    const [written = ''] = said.get('written') ?? [];
    return pendingOf({
      plan,
      everything: names.length === 0,
      services,
      written: servicesOf(written),
      containers,
    });
  } catch (error) {
    if (error instanceof BadInput) return undefined;
    throw error;
  }
}

export interface Standing {
  plan: Pick<Plan, 'services'>;
  /** No service was named: containers of those that are gone go, too. */
  everything: boolean;
  /** Of docker-compose.yml as it would be, and as the last `up` wrote it. */
  services: Mapping;
  written: Mapping;
  containers: readonly Pick<Container, 'service' | 'state'>[];
}

/** `create NAME`, `recreate NAME`, `start NAME`; `remove NAME`. */
export function pendingOf({ plan, everything, services, written, containers }: Standing): string[] {
  const wanted = servicesOf(writeDockerCompose({ services }));
  const states = new Map(containers.map(({ service, state }) => [service, state]));
  const asked = plan.services.filter(({ container }) => container === 'service');
  const gone = everything ? [...states.keys()] : [];
  return [
    ...asked.flatMap(({ name }) => {
      if (!states.has(name)) return [`create ${name}`];
      if (!isDeepStrictEqual(ownValue(wanted, name), ownValue(written, name))) return [`recreate ${name}`];
      return states.get(name) === 'running' ? [] : [`start ${name}`];
    }),
    ...gone.filter((name) => !Object.hasOwn(wanted, name)).map((name) => `remove ${name}`),
  ];
}

function servicesOf(text: string): Mapping {
  const { value } = parseYaml(text, 'docker-compose.yml');
  return isMapping(value) && isMapping(value.services) ? value.services : {};
}
