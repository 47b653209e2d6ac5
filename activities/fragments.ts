import {
  type Fragment,
  type Plan,
  type PlannedHook,
  YamlError,
  addFragments,
  expanded,
  parseYaml,
  renderMasked,
} from '../charms/engine/index.js';
import { BadInput } from '../workflows/contract/bad-input.js';
import type { StageContext } from './converge.js';
import { servicesLook } from './host-services.js';

/** What the hooks of all services left, those that did not run now from their last time. */
export const leftByHooks = ({
  remote,
  signal,
}: Pick<StageContext, 'remote' | 'signal'>): Promise<Map<string, string[]>> =>
  servicesLook(remote, 'fragments', signal);

/** docker-compose.yml with that. */
export function withFragments(said: ReadonlyMap<string, string[]>, all: Plan): Plan['dockerCompose'] {
  const files = [...said].flatMap(([key, [text = '']]) => {
    const [, name = '', service, id] = /^fragment (([^@]+)@(.+)\.\d+\.yml)$/.exec(key) ?? [];
    return [{ name, service, id, text }];
  });
  // In the order the hooks run; what a hook left that is no longer planned does not count.
  return mergedFragments(
    all,
    all.hooks.flatMap((hook) =>
      files
        .filter(({ service, id }) => service === hook.service && id === hook.id)
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map(({ name, text }) => ({ ...hook, content: fragmentContent(hook, name, text) })),
    ),
  );
}

function mergedFragments(all: Plan, fragments: readonly Fragment[]): Plan['dockerCompose'] {
  const { dockerCompose, problems } = addFragments(all.dockerCompose, fragments);
  if (problems.length > 0) throw new BadInput(problems.join('; '), 'correct the charm');
  return dockerCompose as Plan['dockerCompose'];
}

/** What config-add was given; BadInput names service, charm, hook and the line, under a mask: it may hold a secret. */
export function fragmentContent(hook: PlannedHook, file: string, text: string): unknown {
  try {
    return expanded(parseYaml(text, file, { varExpand: true }).value, hook.environment);
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new BadInput(
      `${hookText(hook)} gave config-add what is no YAML: ${renderMasked(error.problems[0]!)}`,
      'correct the charm',
    );
  }
}

/** `hook web_proxy-relation-joined of service apache, charm apache, for web-proxy of www.example.org to apache`. */
export function hookText({ service, charm, hook, relation }: Omit<PlannedHook, 'environment'>): string {
  const joined =
    relation === undefined ? '' : `, for ${relation.name} of ${relation.base} to ${relation.target}`;
  return `hook ${hook} of service ${service}, charm ${charm}${joined}`;
}

/** A hook that ended well may still have added what nobody can read: told at once, not when the services start. */
export function checkFragments(plan: Plan, given: readonly { hook: PlannedHook; text: string }[]): void {
  const fragments = given.map(({ hook, text }, index) => {
    const number = given.slice(0, index + 1).filter((other) => other.hook === hook).length;
    return { ...hook, content: fragmentContent(hook, `config-add ${number}`, text) };
  });
  mergedFragments(plan, fragments);
}
