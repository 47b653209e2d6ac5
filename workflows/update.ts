import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/activities.js';
import { changing, looking } from './activity-options.js';
import { parseHostName, parseOperationId } from './contract/names.js';
import type { OperationResult, UpdateInput } from './contract/operations.js';
import { installCharms } from './phases/charms.js';
import { makeComposeReady } from './phases/set-up.js';
import { firstStageOf, stageOf } from './phases/stage.js';
import { summed, told } from './phases/told.js';
import { Steps, accepting } from './steps.js';

const { upgradePackages, refreshImages } = proxyActivities<Activities>(changing);
const { planServices } = proxyActivities<Activities>(looking);

/** `start update HOST…`: what deploy made, as it would be made today, and everything installed at its newest. Runs under `host/<name>`. */
export async function update(input: UpdateInput): Promise<OperationResult> {
  const host = accepting(() => parseHostName(input.host));
  accepting(() => parseOperationId(input.operationId));
  const { operationId, dryRun = false, noDockerRestart = false } = input;
  const steps = new Steps({ operation: 'update', subject: host, operationId, dryRun }, [
    { id: 'compose-ready', title: 'deployed' },
    { id: 'charms', title: 'charms' },
    { id: 'packages', title: 'packages' },
    { id: 'images', title: 'images' },
  ]);
  const changed: string[] = [];
  await steps.run('compose-ready', () => makeComposeReady(input, 'compose-ready', changed, firstStageOf));
  await steps.run('charms', () => installCharms(input, 'charms', changed));
  await steps.run('packages', async () =>
    told(await upgradePackages({ ...stageOf(input, 'packages'), noDockerRestart }), dryRun, changed),
  );
  // Whether a registry has a newer image only a pull tells.
  if (dryRun) steps.skip('images', 'dry run');
  else
    await steps.run('images', async () => {
      const { digest } = await planServices(stageOf(input, 'images'));
      return told(await refreshImages({ ...stageOf(input, 'images'), digest }), dryRun, changed);
    });
  return { host, changed, summary: summed(changed, dryRun) };
}
