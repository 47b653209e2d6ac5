import {
  type Fragment,
  YamlError,
  addFragments,
  parseYaml,
  writeDockerCompose,
} from '../charms/engine/index.js';
import { BadInput } from '../workflows/contract/bad-input.js';
import type { PlannedInput, StageResult } from './activities.js';
import type { CharmRepository } from './charm-repositories.js';
import type { StageContext } from './converge.js';
import { type HostPlan, project, readHostPlan, servicesLook } from './host-services.js';
import { succeeding } from './service-jobs.js';

/** docker-compose.yml of all services to the host, the selected ones started and waited for. */
export async function composeUp(
  context: StageContext,
  input: PlannedInput,
  repositories: readonly CharmRepository[],
): Promise<StageResult> {
  const { remote, signal } = context;
  const host = await readHostPlan(remote, input, repositories, signal);
  const dockerCompose = await withFragments(context, host);
  const running = host.plan.services.filter(({ name }) => name in host.plan.dockerCompose.services);
  const extent = input.services === undefined || input.services.length === 0 ? 'all' : 'some';
  const { result } = await succeeding(context, input, {
    script: 'compose-up',
    args: [project, extent, ...running.map(({ name }) => name)],
    input: writeDockerCompose(dockerCompose),
    secrets: host.secrets,
    // Longer than compose waits for a service that says nothing while it starts.
    stallSeconds: 1200,
  });
  const lines = result.split('\n').filter((line) => line !== '');
  return {
    changed: lines.filter((line) => !line.startsWith('unchanged ')),
    summary: lines.join(', '),
  };
}

/** What the hooks of all services left, those of services that are not brought up now from their last time. */
async function withFragments({ remote, signal }: StageContext, { all }: HostPlan): Promise<object> {
  const said = await servicesLook(remote, 'fragments', signal);
  const known = all.services.map(({ name }) => name);
  const fragments = [...said].flatMap(([key, [text = '']]): Fragment[] => {
    const [, file = '', service = '', hook = ''] = /^fragment (([^@]+)@(.+)\.\d+\.yml)$/.exec(key) ?? [];
    if (!known.includes(service)) return [];
    return [{ service, hook, content: parsedFragment(text, file, service, hook) }];
  });
  const order = (fragment: Fragment): number => known.indexOf(fragment.service);
  const merged = addFragments(
    all.dockerCompose,
    fragments.sort((a, b) => order(a) - order(b)),
  );
  if (merged.problems.length > 0) throw new BadInput(merged.problems.join('; '), 'correct the charm');
  return merged.dockerCompose;
}

function parsedFragment(text: string, file: string, service: string, hook: string): unknown {
  try {
    return parseYaml(text, file).value;
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    throw new BadInput(
      `hook ${hook} of service ${service} added no YAML: ${error.what}`,
      'correct the charm',
    );
  }
}
