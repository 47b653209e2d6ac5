import { type Plan, writeDockerCompose } from '../charms/engine/index.js';
import { BadInput } from '../workflows/contract/bad-input.js';
import type { ServicesInput, ServicesPlan } from './activities.js';
import { dockerOf } from './adapters/docker/dockerode.js';
import type { CharmRepository } from './charm-repositories.js';
import { masked } from './commands/known-secrets.js';
import type { StageContext } from './converge.js';
import { project, readHostPlan } from './host-services.js';
import { pendingServices } from './pending-services.js';

/** compose.yml and charms -> names, order, images that are missing. Docker itself has to accept what they come to. */
export async function planServices(
  { remote, signal, before = [] }: StageContext,
  input: ServicesInput,
  repositories: readonly CharmRepository[],
): Promise<ServicesPlan> {
  const host = await readHostPlan(remote, input, repositories, signal);
  const { plan, digest, secrets } = host;
  const docker = dockerOf(remote);
  const images = [
    ...plan.images.pull.map((image) => ({ image })),
    ...plan.images.build.map(({ image, charm }) => ({ image, charm })),
  ];
  const [present, , pending] = await Promise.all([
    Promise.all(images.map(({ image }) => docker.hasImage(image))),
    acceptedByCompose({ remote, signal }, input.host, plan, secrets),
    input.dryRun === true
      ? pendingServices({ remote, signal }, host, input.services ?? [], docker)
      : undefined,
  ]);
  return {
    services: plan.services.map(({ name, charm }) => ({ name, charm })),
    images: images.filter((_, index) => !present[index]),
    hooks: plan.hooks.map(({ service, charm, hook, id, stage, relation }) => ({
      ...{ service, charm, hook, id, stage },
      ...(relation === undefined ? {} : { relation }),
    })),
    warnings: [...before, ...plan.warnings],
    digest,
    ...(pending === undefined ? {} : { pending }),
  };
}

async function acceptedByCompose(
  { remote, signal }: Pick<StageContext, 'remote' | 'signal'>,
  host: string,
  plan: Plan,
  secrets: readonly string[],
): Promise<void> {
  if (Object.keys(plan.dockerCompose.services).length === 0) return;
  const argv = ['docker', 'compose', '--project-name', project, '--file', '-', 'config', '--quiet'];
  const { exit, stderr } = await remote.exec(argv, { stdin: writeDockerCompose(plan.dockerCompose), signal });
  if (exit !== 0)
    throw new BadInput(
      `docker compose on ${host} refuses what compose.yml and its charms come to: ${masked(stderr.trim().slice(-500), secrets)}`,
      'correct the part under docker-compose:',
    );
}
