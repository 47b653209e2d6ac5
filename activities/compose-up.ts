import { createHash } from 'node:crypto';
import { writeDockerCompose } from '../charms/engine/index.js';
import type { PlannedInput, StageResult } from './activities.js';
import type { CharmRepository } from './charm-repositories.js';
import type { StageContext } from './converge.js';
import { leftByHooks, withFragments } from './fragments.js';
import { project, readHostPlan } from './host-services.js';
import { lookAt } from './look-at.js';
import { succeeding, targetsOf } from './service-jobs.js';

/** docker-compose.yml of all services to the host, the selected ones started and waited for. */
export async function composeUp(
  context: StageContext,
  input: PlannedInput,
  repositories: readonly CharmRepository[],
): Promise<StageResult> {
  const { remote, signal } = context;
  const [host, left] = await Promise.all([
    readHostPlan(remote, input, repositories, signal),
    leftByHooks(context),
  ]);
  const dockerCompose = withFragments(left, host.all);
  const running = host.plan.services.filter(({ container }) => container === 'service');
  const extent = input.services === undefined || input.services.length === 0 ? 'all' : 'some';
  const args = [project, extent, ...running.map(({ name }) => name)];
  const content = {
    compose: writeDockerCompose(dockerCompose),
    images: Object.fromEntries(host.all.services.map(({ name, image }) => [name, image])),
    services: host.all.services.map((service) => ({
      ...{ name: service.name, options: service.options, targets: targetsOf(service) },
      environment: service.environment,
    })),
  };
  const digest = createHash('sha256')
    .update(JSON.stringify([args, content]))
    .digest('hex');
  if (await stands(context, digest)) return toldOf(running.map(({ name }) => `unchanged ${name}`));
  const { result } = await succeeding(context, input, {
    ...{ script: 'compose-up', libraries: ['files', 'compose', 'standing'], args },
    input: JSON.stringify({ digest, ...content }),
    secrets: host.secrets,
    // Longer than compose waits for a service that says nothing while it starts.
    stallSeconds: 1200,
  });
  return toldOf(result.split('\n').filter((line) => line !== ''));
}

/** An earlier attempt's job may be at work, and near its end: then it has to be asked what it did. */
async function stands({ remote, signal, retried = false }: StageContext, digest: string): Promise<boolean> {
  if (retried) return false;
  const said = await lookAt(remote, 'compose-look', [project], {
    ...{ libraries: ['compose', 'standing'], stdin: `${digest}\n`, signal },
  });
  return said === 'standing\n';
}

const toldOf = (lines: readonly string[]): StageResult => ({
  changed: lines.filter((line) => !line.startsWith('unchanged ')),
  summary: lines.join(', '),
});
