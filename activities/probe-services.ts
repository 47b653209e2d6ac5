import type { PlannedInput, ProbeResult } from './activities.js';
import { dockerOf } from './adapters/docker/dockerode.js';
import type { CharmRepository } from './charm-repositories.js';
import { masked } from './commands/known-secrets.js';
import type { StageContext } from './converge.js';
import { serviceUnhealthy } from './failures.js';
import { project, readHostPlan } from './host-services.js';

/** Each service has a container, and each of its containers runs and is healthy. */
export async function probeServices(
  { remote, signal, onProgress }: StageContext,
  input: PlannedInput,
  repositories: readonly CharmRepository[],
): Promise<ProbeResult> {
  onProgress({ step: input.step, phase: 'probing' });
  const { plan, secrets } = await readHostPlan(remote, input, repositories, signal);
  const docker = dockerOf(remote);
  const containers = await docker.containersOf(project);
  const health = new Map(
    await Promise.all(containers.map(async ({ id }) => [id, await docker.healthOf(id)] as const)),
  );
  const healthy: string[] = [];
  for (const { name, container } of plan.services) {
    if (container !== 'service') continue;
    const own = containers.filter(({ service }) => service === name);
    if (own.length === 0) throw serviceUnhealthy(input.host, `service ${name} has no container`);
    for (const { id } of own) {
      const now = health.get(id);
      if (now?.state !== 'running' || (now.health !== 'healthy' && now.health !== 'none')) {
        const said = now?.lastOutput ? `, its check says: ${masked(now.lastOutput, secrets)}` : '';
        const state = now?.state === 'running' ? now.health : `${now?.state} (exit code ${now?.exitCode})`;
        throw serviceUnhealthy(input.host, `service ${name} is ${state}${said}`);
      }
    }
    healthy.push(name);
  }
  return { healthy };
}
