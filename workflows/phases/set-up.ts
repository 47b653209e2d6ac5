import { proxyActivities } from '@temporalio/workflow';
import type { Activities, ComposeReadyPart } from '../../activities/activities.js';
import { changing } from '../activity-options.js';
import type { DeployInput, VpsSetupInput } from '../contract/operations.js';
import { stageOf } from './stage.js';
import { told } from './told.js';

const { ensureHostSetUp, ensureComposeReady } = proxyActivities<Activities>(changing);

/** Standard access to a host: the operators' keys, its name. */
export async function setUpHost(
  input: VpsSetupInput,
  step: string,
  changed: string[],
  stage = stageOf,
): Promise<string> {
  const { dryRun = false, domain } = input;
  const done = await ensureHostSetUp({
    ...stage(input, step),
    ...(domain === undefined ? {} : { domain }),
  });
  return told(done, dryRun, changed);
}

/** What charms and compose need on a host. */
export async function makeComposeReady(
  input: DeployInput,
  step: string,
  changed: string[],
  stage = stageOf,
  part: { part?: ComposeReadyPart } = {},
): Promise<string> {
  const { dryRun = false, withoutDockerClean = false, noDockerRestart = false } = input;
  const options = { withoutDockerClean, noDockerRestart, ...part };
  const done = await ensureComposeReady({ ...stage(input, step), ...options });
  return told(done, dryRun, changed);
}
