import type { Plan } from '../charms/engine/index.js';
import { BadInput } from '../workflows/contract/bad-input.js';
import { parseServiceName } from '../workflows/contract/names.js';
import type { HookInput, ImageInput, StageInput, StageResult } from './activities.js';
import type { CharmRepository } from './charm-repositories.js';
import type { StageContext } from './converge.js';
import { jobFailed } from './failures.js';
import { checkFragments, hookText } from './fragments.js';
import { readHostPlan } from './host-services.js';
import type { JobRequest, JobResult } from './job.js';
import { runJob } from './run-job.js';

type Repositories = readonly CharmRepository[];

export async function ensureImage(
  context: StageContext,
  input: ImageInput,
  repositories: Repositories,
): Promise<StageResult> {
  const { plan } = await readHostPlan(context.remote, input, repositories, context.signal);
  const build = plan.images.build.find(({ image }) => image === input.image);
  if (build === undefined && !plan.images.pull.includes(input.image))
    throw new BadInput(`the plan of ${input.host} has no image ${input.image}`, 'start up again');
  const args = build === undefined ? ['pull', input.image] : ['build', input.image, build.context];
  // Nothing that runs is changed by it, so several go on at once.
  await succeeding(context, input, { subject: input.image, script: 'image', args, exclusive: false });
  const summary = `${build === undefined ? 'pulled' : 'built'} ${input.image}`;
  return { changed: [summary], summary };
}

export async function runHook(
  context: StageContext,
  input: HookInput,
  repositories: Repositories,
): Promise<void> {
  const { remote, signal } = context;
  const { plan, secrets } = await readHostPlan(remote, input, repositories, signal);
  const name = parseServiceName(input.service);
  const hook = plan.hooks.find(({ service, id }) => service === name && id === input.hookId);
  const service = plan.services.find((service) => service.name === name);
  if (hook === undefined || service === undefined)
    throw new BadInput(`the plan of ${input.host} has no hook ${input.hookId} of ${name}`, 'start up again');
  const { relation, environment, timeoutSeconds } = hook;
  const base = plan.services.find(({ name }) => name === relation?.base);
  const related = base?.relations.find(
    ({ name, target }) => name === relation?.name && target === relation.target,
  );
  const images = Object.fromEntries(plan.services.map(({ name, image }) => [name, image]));
  const { result } = await succeeding(context, input, {
    subject: hookText(hook),
    script: 'hook',
    args: [name, hook.hook, hook.id, hook.directory, String(timeoutSeconds)],
    input: JSON.stringify({
      ...{ environment, images, options: service.options, targets: targetsOf(service) },
      relation: relation === undefined ? null : { ...relation, options: related?.options ?? {} },
    }),
    secrets,
    // The hook is ended before, with its last lines.
    stallSeconds: timeoutSeconds + 60,
  });
  checkFragments(plan, hook, result);
}

/** The services that one has relations to, by relation: what a charm reads instead of the traces of earlier relations. */
export function targetsOf({ relations }: Plan['services'][number]): Record<string, string[]> {
  const names = [...new Set(relations.map(({ name }) => name))];
  return Object.fromEntries(
    names.map((name) => [name, relations.filter((one) => one.name === name).map(({ target }) => target)]),
  );
}

/** A named job of a step, which has to end well. */
export async function succeeding(
  { remote, onProgress, signal }: StageContext,
  { host, operationId, step }: StageInput,
  job: Omit<JobRequest, 'operationId' | 'step'>,
): Promise<JobResult> {
  const done = await runJob(remote, { operationId, step, ...job }, onProgress, signal);
  if (done.exit === 0) return done;
  const { subject } = job;
  throw jobFailed({
    ...{ host, step, exit: done.exit, lastLines: done.lastLines },
    ...(subject === undefined ? {} : { subject }),
  });
}
