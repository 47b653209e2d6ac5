import type { Plan, PlannedHook } from '../charms/engine/index.js';
import { BadInput } from '../workflows/contract/bad-input.js';
import { parseImageReference, parseServiceName } from '../workflows/contract/names.js';
import type { HooksInput, ImageInput, PulledInput, StageInput, StageResult } from './activities.js';
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
  return imageJob(context, input, input.image, args);
}

/** `args`: of image.sh. */
async function imageJob(
  context: StageContext,
  input: StageInput,
  image: string,
  args: string[],
): Promise<StageResult> {
  // Nothing that runs is changed by it, so several go on at once.
  const job = { subject: image, script: 'image', libraries: ['images'], args, exclusive: false };
  const { result } = await succeeding(context, input, job);
  if (result === '') return { changed: [], summary: '' };
  const summary = `${args[0] === 'build' ? 'built' : 'pulled'} ${image}`;
  return { changed: [summary], summary };
}

/** One that no plan has to know. The job begins on a host that gets its Docker meanwhile, and waits there. */
export async function pullImage(context: StageContext, input: PulledInput): Promise<StageResult> {
  const image = parseImageReference(input.image);
  return imageJob(context, input, image, ['await', image]);
}

/** One job for all of them: a second round trip for each would cost more than most hooks take. */
export async function runHooks(
  context: StageContext,
  input: HooksInput,
  repositories: Repositories,
): Promise<void> {
  const { remote, onProgress, signal } = context;
  const { plan, secrets } = await readHostPlan(remote, input, repositories, signal);
  const hooks = input.hooks.map((name) => plannedHook(plan, name, input.host));
  const images = Object.fromEntries(plan.services.map(({ name, image }) => [name, image]));
  const { host, operationId, step } = input;
  const { exit, result, lastLines } = await runJob(
    remote,
    {
      ...{ operationId, step, script: 'hooks', ...(step === 'hooks' ? {} : { subject: 'hooks' }) },
      input: JSON.stringify({ images, hooks: hooks.map((hook) => sent(plan, hook)) }),
      secrets,
      // A hook is ended before, with its last lines.
      stallSeconds: Math.max(...hooks.map(({ timeoutSeconds }) => timeoutSeconds)) + 60,
    },
    onProgress,
    signal,
  );
  const said = result.split('\n').map((line) => line.split(' '));
  if (exit !== 0) {
    const failed = hooks[Number(said.find(([word]) => word === 'failed')?.[1])];
    const subject = failed === undefined ? 'hooks' : hookText(failed);
    throw jobFailed({ host, step, subject, exit, lastLines });
  }
  checkFragments(
    plan,
    said.flatMap(([word, number, content = '']) => {
      const hook = word === 'fragment' ? hooks[Number(number)] : undefined;
      return hook === undefined ? [] : [{ hook, text: Buffer.from(content, 'base64').toString('utf8') }];
    }),
  );
}

function plannedHook(
  { hooks }: Plan,
  { service, id }: HooksInput['hooks'][number],
  host: string,
): PlannedHook {
  const name = parseServiceName(service);
  const hook = hooks.find((hook) => hook.service === name && hook.id === id);
  if (hook !== undefined) return hook;
  throw new BadInput(`the plan of ${host} has no hook ${id} of ${name}`, 'start up again');
}

/** What hooks.sh is told of one. */
function sent(plan: Plan, planned: PlannedHook) {
  const { service, hook, id, directory, timeoutSeconds, environment, relation } = planned;
  const base = plan.services.find(({ name }) => name === relation?.base);
  const related = base?.relations.find(
    ({ name, target }) => name === relation?.name && target === relation.target,
  );
  const own = plan.services.find(({ name }) => name === service);
  return {
    ...{ text: hookText(planned), service, hook, id, directory, seconds: timeoutSeconds, environment },
    options: own?.options ?? {},
    targets: own === undefined ? {} : targetsOf(own),
    relation: relation === undefined ? null : { ...relation, options: related?.options ?? {} },
  };
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
