import { parseDomainName, parseHostName, parseOperationId } from './contract/names.js';
import type { DeployInput, OperationResult } from './contract/operations.js';
import { installCharms } from './phases/charms.js';
import { makeComposeReady, setUpHost } from './phases/set-up.js';
import { firstStageOf, stageOf } from './phases/stage.js';
import { together } from './phases/together.js';
import { summed } from './phases/told.js';
import { Steps, accepting } from './steps.js';

/** `start deploy HOST…`: from a set-up host to one that runs compose and charms. Runs under `host/<name>`. */
export async function deploy(input: DeployInput): Promise<OperationResult> {
  const host = accepting(() => parseHostName(input.host));
  accepting(() => parseOperationId(input.operationId));
  if (input.domain !== undefined) accepting(() => parseDomainName(input.domain));
  const { operationId, dryRun = false } = input;
  const steps = new Steps({ operation: 'deploy', subject: host, operationId, dryRun }, [
    { id: 'domain', title: 'domain' },
    { id: 'compose-ready', title: 'deployed' },
    { id: 'charms', title: 'charms' },
  ]);
  const changed: string[] = [];
  if (input.domain === undefined) steps.skip('domain', 'none given');
  else await steps.run('domain', () => setUpHost(input, 'domain', changed, firstStageOf));
  const stage = input.domain === undefined ? firstStageOf : stageOf;
  // Each looks at other things, and their jobs take turns by the host's own lock.
  await together([
    () => steps.run('compose-ready', () => makeComposeReady(input, 'compose-ready', changed, stage)),
    () => steps.run('charms', () => installCharms(input, 'charms', changed, stage)),
  ]);
  return steps.ended({ host, changed, summary: summed(changed, dryRun) });
}
