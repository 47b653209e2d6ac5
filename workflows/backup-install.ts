import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/activities.js';
import { changing, looking } from './activity-options.js';
import { backupTargetName } from './contract/addresses.js';
import { backupWorkflowId } from './contract/ids.js';
import { parseHostName, parseIdent, parseOperationId } from './contract/names.js';
import type { BackupInstallInput, OperationInput, OperationResult } from './contract/operations.js';
import { lockedChild } from './locked-child.js';
import { stageOf } from './phases/stage.js';
import { summed, told } from './phases/told.js';
import { Steps, accepting } from './steps.js';

const { ensureBackupKey, ensureBackupAccount } = proxyActivities<Activities>(changing);
const { ensureBackupSchedule } = proxyActivities<Activities>(looking);

/** `start backup-install ADMIN@TARGET HOST…`: the host may write its mirror, does so, and from now on every night. */
export async function backupInstall(input: BackupInstallInput): Promise<OperationResult> {
  const host = accepting(() => parseHostName(input.host));
  accepting(() => parseOperationId(input.operationId));
  const ident = accepting(() => parseIdent(input.ident ?? host));
  const { operationId, dryRun = false, takeover = false } = input;
  const steps = new Steps({ operation: 'backup-install', subject: host, operationId, dryRun }, [
    { id: 'key', title: 'key' },
    { id: 'account', title: 'account' },
    { id: 'backup', title: 'first backup' },
    { id: 'schedule', title: 'schedule' },
  ]);
  const changed: string[] = [];
  const { admin } = input.target;
  const target = { target: backupTargetName(input.target), ident, ...(admin === undefined ? {} : { admin }) };
  let publicKey: string | undefined;
  await steps.run('key', async () => {
    const done = await ensureBackupKey({ ...stageOf(input, 'key'), ...target });
    publicKey = done.publicKey;
    return told(done, dryRun, changed);
  });
  if (publicKey === undefined) steps.skip('account', `would accept the key on ${target.target}`);
  else {
    const account = { ...stageOf(input, 'account'), ...target, publicKey, takeover };
    await steps.run('account', async () => told(await ensureBackupAccount(account), dryRun, changed));
  }
  if (dryRun) steps.skip('backup', 'dry run');
  else await steps.run('backup', () => firstBackup(input, backupWorkflowId(ident), steps, changed));
  const schedule = { ...stageOf(input, 'schedule'), ident };
  await steps.run('schedule', async () => told(await ensureBackupSchedule(schedule), dryRun, changed));
  return { host, changed, summary: summed(changed, dryRun) };
}

async function firstBackup(
  { host, operationId }: OperationInput,
  lock: string,
  steps: Steps,
  changed: string[],
): Promise<string> {
  steps.child(lock);
  const done = await lockedChild<OperationInput, OperationResult>('backup', lock, { host, operationId });
  changed.push(...done.changed);
  return done.summary;
}
