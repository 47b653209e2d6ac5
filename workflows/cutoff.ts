import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/activities.js';
import { changing } from './activity-options.js';
import { BadInput } from './contract/bad-input.js';
import { parseHostName, parseOperationId, parsePort } from './contract/names.js';
import type { CutoffInput, OperationResult } from './contract/operations.js';
import { firstStageOf } from './phases/stage.js';
import { summed, told } from './phases/told.js';
import { Steps, accepting } from './steps.js';

const { ensureCutoff } = proxyActivities<Activities>(changing);

/** `start cutoff HOST PORT… [--lift]`: what containers may not reach outside. Runs under `host/<name>`. */
export async function cutoff(input: CutoffInput): Promise<OperationResult> {
  const host = accepting(() => parseHostName(input.host));
  accepting(() => parseOperationId(input.operationId));
  const ports = accepting(() => input.ports.map((port) => parsePort(port)));
  const { operationId, dryRun = false, lift = false } = input;
  accepting(() => {
    if (ports.length === 0 && !lift) throw new BadInput('no port is named', 'name one, such as 25');
  });
  const steps = new Steps({ operation: 'cutoff', subject: host, operationId, dryRun }, [
    { id: 'cutoff', title: lift ? 'lifted' : 'cut off' },
  ]);
  const changed: string[] = [];
  await steps.run('cutoff', async () => {
    const done = await ensureCutoff({ ...firstStageOf(input, 'cutoff'), ports, lift });
    const now = done.ports.length === 0 ? 'nothing is cut off' : `cut off: ${done.ports.join(', ')}`;
    const outside =
      done.uncovered.length === 0 ? [] : [`not covered, on the host's network: ${done.uncovered.join(', ')}`];
    return [told(done, dryRun, changed), now, ...outside].join('; ');
  });
  return { host, changed, summary: summed(changed, dryRun) };
}
