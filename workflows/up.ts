import type { ServicesPlan } from '../activities/activities.js';
import { parseHostName, parseOperationId, parseServiceName } from './contract/names.js';
import type { OperationResult, UpInput } from './contract/operations.js';
import { ensureImages, pending, planUp, probe, runHooksBefore, startServices } from './phases/up.js';
import { firstStageOf } from './phases/stage.js';
import { summed } from './phases/told.js';
import { Steps, accepting } from './steps.js';

/** `start up HOST [SERVICE…]`: from compose.yml and charms to running services. Runs under `host/<name>`. */
export async function up(input: UpInput): Promise<OperationResult> {
  const host = accepting(() => parseHostName(input.host));
  accepting(() => parseOperationId(input.operationId));
  accepting(() => input.services?.map(parseServiceName));
  const { operationId, dryRun = false } = input;
  const steps = new Steps({ operation: 'up', subject: host, operationId, dryRun }, [
    { id: 'plan', title: 'planned' },
    { id: 'images', title: 'images' },
    { id: 'hooks', title: 'hooks' },
    { id: 'services', title: 'services' },
    { id: 'probes', title: 'probes' },
  ]);
  const changed: string[] = [];
  let plan!: ServicesPlan;
  await steps.run('plan', async () => {
    const planned = await planUp(input, 'plan', firstStageOf);
    plan = planned.plan;
    return planned.line;
  });
  await steps.run('images', () => ensureImages(input, plan, 'images', changed));
  await steps.run('hooks', () => runHooksBefore(input, plan, 'hooks'));
  if (dryRun) {
    if (plan.pending === undefined) steps.skip('services', 'dry run');
    else await steps.run('services', () => Promise.resolve(pending(plan, changed)));
    steps.skip('probes', 'dry run');
  } else {
    await steps.run('services', () => startServices(input, plan, 'services', changed));
    await steps.run('probes', () => probe(input, plan, 'probes'));
  }
  return steps.ended({ host, changed, summary: summed(changed, dryRun) });
}
