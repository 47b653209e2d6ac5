import { parseDomainName, parseHostName, parseOperationId } from './contract/names.js';
import type { OperationResult, VpsSetupInput } from './contract/operations.js';
import { setUpHost } from './phases/set-up.js';
import { firstStageOf } from './phases/stage.js';
import { summed } from './phases/told.js';
import { Steps, accepting } from './steps.js';

/** `start vps-setup HOST…`: standard access for the operators' keys; hostname and domain. Runs under `host/<name>`. */
export async function vpsSetup(input: VpsSetupInput): Promise<OperationResult> {
  const host = accepting(() => parseHostName(input.host));
  accepting(() => parseOperationId(input.operationId));
  if (input.domain !== undefined) accepting(() => parseDomainName(input.domain));
  const { operationId, dryRun = false } = input;
  const steps = new Steps({ operation: 'vps-setup', subject: host, operationId, dryRun }, [
    { id: 'set-up', title: 'set up' },
  ]);
  const changed: string[] = [];
  await steps.run('set-up', () => setUpHost(input, 'set-up', changed, firstStageOf));
  return steps.ended({ host, changed, summary: summed(changed, dryRun) });
}
