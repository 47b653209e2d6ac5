import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/activities.js';
import { looking } from './activity-options.js';
import { parseBackupTarget } from './contract/addresses.js';
import { parseAbsolutePath, parseHostName, parseIdent, parseOperationId } from './contract/names.js';
import type { OperationResult, RecoverTargetInput } from './contract/operations.js';
import { firstStageOf } from './phases/stage.js';
import { pathSteps, recoverPath } from './phases/recover-path.js';
import { summed } from './phases/told.js';
import { Steps, accepting } from './steps.js';

const { planBackup } = proxyActivities<Activities>(looking);

/** `start recover-target HOST SRC DST`: a path out of the host's own mirror. Runs under `host/<name>`. */
export async function recoverTarget(input: RecoverTargetInput): Promise<OperationResult> {
  const host = accepting(() => parseHostName(input.host));
  accepting(() => parseOperationId(input.operationId));
  const path = accepting(() => parseAbsolutePath(input.source));
  const destination = accepting(() => parseAbsolutePath(input.destination));
  const { operationId, dryRun = false } = input;
  const subject = `${path} -> ${host}:${destination}`;
  const steps = new Steps({ operation: 'recover-target', subject, operationId, dryRun }, [
    { id: 'plan', title: 'mirror found' },
    ...pathSteps,
  ]);
  const changed: string[] = [];
  let mirror!: { target: string; ident: string };
  await steps.run('plan', async () => {
    mirror = await planBackup(firstStageOf(input, 'plan'));
    return `${mirror.ident} on ${mirror.target}`;
  });
  const source = accepting(() => ({
    target: parseBackupTarget(mirror.target),
    ident: parseIdent(mirror.ident),
  }));
  await recoverPath(input, { ...source, path, destination, unverified: false }, steps, changed);
  return steps.ended({
    host,
    changed,
    summary: dryRun ? summed(changed, dryRun) : `${path} is at ${destination}`,
  });
}
