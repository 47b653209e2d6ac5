import { maskedIn } from '../../activities/commands/known-secrets.js';
import { selectServices } from '../../activities/commands/selected-services.js';
import { planServicesOf, secretsOfPlan } from '../../activities/services-plan.js';
import { type Plan, writeDockerCompose } from '../../charms/engine/index.js';
import { parseHostName, parseServiceName } from '../../workflows/contract/names.js';
import { charmsOf } from '../charm-folders.js';
import { type GivenOptions, readGiven, showingPlaces } from '../compose-source.js';
import type { Context } from '../context.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { planOnHost, renderedOnHost } from '../host-plan.js';
import { type PlannedRepository, planDocument, planText } from '../render-plan.js';

export interface HostPlanOptions extends GivenOptions {
  services: string[];
  debug?: boolean;
}

export interface OfflineOptions extends HostPlanOptions {
  file: string;
  charms?: string[];
}

/** What compose.yml and charms come to, with no host and no Temporal. */
export async function planOffline(context: Context, options: OfflineOptions): Promise<ExitCode> {
  const services = options.services.map(parseServiceName);
  const { config } = await context.config();
  const { compose = { text: '', file: options.file }, added } = await readGiven(options);
  const repositories = await charmsOf(options.charms ?? [], config);
  const sources = { text: compose.text, where: compose.file, ...(added === undefined ? {} : { added }) };
  const all = showingPlaces(() => planServicesOf(sources, repositories));
  const rendered = options.debug
    ? writeDockerCompose(maskedIn(all.dockerCompose, secretsOfPlan(all)))
    : undefined;
  return shown(context, selectServices(all, services, compose.file), repositories, rendered);
}

/** The same of a host's own compose.yml. */
export async function planOfHost(
  context: Context,
  word: string,
  options: HostPlanOptions,
): Promise<ExitCode> {
  const host = parseHostName(word);
  const services = options.services.map(parseServiceName);
  const planned = await planOnHost(context, host, services, await readGiven(options));
  const rendered = options.debug ? await renderedOnHost(planned, context.signal) : undefined;
  return shown(context, planned.plan, planned.repositories, rendered);
}

function shown(
  { output }: Context,
  plan: Plan,
  repositories: readonly PlannedRepository[],
  dockerCompose: string | undefined,
): ExitCode {
  const document = planDocument(plan, repositories);
  const text = planText(plan, repositories);
  if (dockerCompose === undefined) output.result(document, text);
  else output.result({ ...document, dockerCompose }, `${text}\n\ndocker-compose.yml\n${dockerCompose}`);
  return exitCodes.done;
}
