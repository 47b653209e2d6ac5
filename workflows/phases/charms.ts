import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/activities.js';
import { changing } from '../activity-options.js';
import type { OperationInput } from '../contract/operations.js';
import { stageOf } from './stage.js';
import { told } from './told.js';

const { ensureCharmsInstalled } = proxyActivities<Activities>(changing);

/** The charms of the worker's configuration, on the host. */
export async function installCharms(
  input: OperationInput,
  step: string,
  changed: string[],
  stage = stageOf,
): Promise<string> {
  const { dryRun = false } = input;
  const done = await ensureCharmsInstalled(stage(input, step));
  return told(done, dryRun, changed);
}
