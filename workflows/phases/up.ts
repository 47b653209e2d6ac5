import { proxyActivities } from '@temporalio/workflow';
import type {
  Activities,
  HookName,
  PlannedImage,
  PlannedInput,
  ServicesInput,
  ServicesPlan,
} from '../../activities/activities.js';
import { changing, looking, probing } from '../activity-options.js';
import type { UpInput } from '../contract/operations.js';
import { inLanes } from './lanes.js';
import { stageOf } from './stage.js';
import { told } from './told.js';

const { ensureImage, composeUp, runHooks } = proxyActivities<Activities>(changing);
const { planServices } = proxyActivities<Activities>(looking);
const { probeServices } = proxyActivities<Activities>(probing);

/** `staged`: of a recovery's stage, before it is in its place. */
export type PhaseInput = UpInput & Pick<ServicesInput, 'staged'>;

/** What compose.yml and charms come to; the plan is handed to the phases below, which refuse to act on another one. */
export async function planUp(
  input: PhaseInput,
  step: string,
  stage = stageOf,
): Promise<{ plan: ServicesPlan; line: string }> {
  const plan = await planServices({ ...stage(input, step), ...asked(input) });
  const names = plan.services.map(({ name }) => name);
  const count = names.length === 1 ? '1 service' : `${names.length} services`;
  const line = names.length === 0 ? 'no services in compose.yml' : `${count}: ${names.join(', ')}`;
  return { plan, line: [line, ...plan.warnings.map((warning) => `warning: ${warning}`)].join('; ') };
}

/** Images that are missing. */
export async function ensureImages(
  input: PhaseInput,
  plan: ServicesPlan,
  step: string,
  changed: string[],
): Promise<string> {
  const { dryRun = false } = input;
  const done = await inLanes(plan.images, async (image) =>
    dryRun ? [planned(image)] : ensured(input, plan, step, image),
  );
  changed.push(...done);
  if (done.length === 0) return 'nothing to change';
  return `${dryRun ? 'would ' : ''}${done.join(', ')}`;
}

const planned = ({ image, charm }: PlannedImage): string =>
  `${charm === undefined ? 'pull' : 'build'} ${image}`;

async function ensured(
  input: PhaseInput,
  plan: ServicesPlan,
  step: string,
  { image }: PlannedImage,
): Promise<string[]> {
  return (await ensureImage({ ...handed(input, plan, step), image })).changed;
}

/**
 * The hooks before the start: every init, the relations, pre_deploy, one after the other. They may run again and again, so
 * nothing is told of them as changed.
 */
export async function runHooksBefore(input: PhaseInput, plan: ServicesPlan, step: string): Promise<string> {
  const hooks = plan.hooks.filter(({ stage }) => stage === 'before');
  if (hooks.length === 0) return 'none';
  if (input.dryRun) return `would run: ${plan.hooks.map(hookName).join(', ')}`;
  await ranHooks(input, plan, step, hooks);
  return `ran: ${hooks.map(hookName).join(', ')}`;
}

async function ranHooks(
  input: PhaseInput,
  plan: ServicesPlan,
  step: string,
  hooks: readonly HookName[],
): Promise<void> {
  if (hooks.length === 0) return;
  await runHooks({
    ...handed(input, plan, step),
    hooks: hooks.map(({ service, id }) => ({ service, id })),
  });
}

/** `postgres (init)`, `apache (web-proxy of www.example.org)`. */
const hookName = ({ service, hook, relation }: HookName): string =>
  relation === undefined
    ? `${service} (${hook})`
    : `${service} (${relation.name} ${service === relation.base ? `to ${relation.target}` : `of ${relation.base}`})`;

/** What a dry run knows of it before the hooks have run. */
export function pending({ pending = [] }: ServicesPlan, changed: string[]): string {
  changed.push(...pending);
  const would = pending.length === 0 ? 'nothing to change' : `would ${pending.join(', ')}`;
  return `${would}, unless hooks change what they left the last time`;
}

/** docker-compose.yml written, its services running and healthy; then the hooks that wait for that. */
export async function startServices(
  input: PhaseInput,
  plan: ServicesPlan,
  step: string,
  changed: string[],
): Promise<string> {
  const started = told(await composeUp(handed(input, plan, step)), false, changed);
  const hooks = plan.hooks.filter(({ stage }) => stage === 'after');
  await ranHooks(input, plan, step, hooks);
  return [started, ...(hooks.length === 0 ? [] : [`ran: ${hooks.map(hookName).join(', ')}`])].join('; ');
}

export async function probe(input: PhaseInput, plan: ServicesPlan, step: string): Promise<string> {
  const { healthy } = await probeServices(handed(input, plan, step));
  return healthy.length === 0 ? 'nothing runs here' : `${healthy.join(', ')} run and are healthy`;
}

function handed(input: PhaseInput, plan: ServicesPlan, step: string): PlannedInput {
  return { ...stageOf(input, step), digest: plan.digest, ...asked(input) };
}

const asked = ({
  services,
  given,
  staged,
}: PhaseInput): Pick<PlannedInput, 'services' | 'given' | 'staged'> => ({
  ...(services === undefined ? {} : { services }),
  ...(given === undefined ? {} : { given }),
  ...(staged === undefined ? {} : { staged }),
});
