import type { ServicesInput, ServicesPlan } from './activities.js';
import { dockerOf } from './adapters/docker/dockerode.js';
import type { CharmRepository } from './charm-repositories.js';
import type { StageContext } from './converge.js';
import { readHostPlan } from './host-services.js';
import { pendingServices } from './pending-services.js';
import { rightsOnHost } from './services/container-rights.js';

/** compose.yml and charms -> names, order, images that are missing. Docker itself has to accept what they come to. */
export async function planServices(
  { remote, signal, before = [] }: StageContext,
  input: ServicesInput,
  repositories: readonly CharmRepository[],
): Promise<ServicesPlan> {
  const host = await readHostPlan(remote, input, repositories, signal);
  const { plan, digest } = host;
  const docker = dockerOf(remote);
  const images = [
    ...plan.images.pull.map((image) => ({ image })),
    ...plan.images.build.map(({ image, charm }) => ({ image, charm })),
  ];
  const [present, rights, pending] = await Promise.all([
    Promise.all(images.map(({ image }) => docker.hasImage(image))),
    rightsOnHost({ remote, signal }, input.host, host),
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
    warnings: [...before, ...rights, ...plan.warnings],
    rights,
    digest,
    ...(pending === undefined ? {} : { pending }),
  };
}
