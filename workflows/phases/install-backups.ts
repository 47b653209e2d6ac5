import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/activities.js';
import { changing, looking } from '../activity-options.js';
import { type BackupTarget, backupTargetName } from '../contract/addresses.js';
import { backupWorkflowId } from '../contract/ids.js';
import type { Ident } from '../contract/names.js';
import type { OperationInput } from '../contract/operations.js';
import { backUpUnderLock } from './back-up-under-lock.js';
import type { Steps } from '../steps.js';
import { stageOf } from './stage.js';
import { told } from './told.js';

const { ensureBackupKey, ensureBackupAccount } = proxyActivities<Activities>(changing);
const { ensureBackupSchedule } = proxyActivities<Activities>(looking);

/** How activities are told a target: its name in the configuration, and who administers it. */
export const targetNamed = (target: BackupTarget): { target: string; admin?: string } => ({
  target: backupTargetName(target),
  ...(target.admin === undefined ? {} : { admin: target.admin }),
});

/** The key is undefined on a dry run of a host that has none yet. */
export async function makeBackupKey(
  input: OperationInput,
  target: BackupTarget,
  ident: Ident,
  step: string,
  changed: string[],
  stage = stageOf,
): Promise<{ publicKey: string | undefined; line: string }> {
  const done = await ensureBackupKey({ ...stage(input, step), ...targetNamed(target), ident });
  return { publicKey: done.publicKey, line: told(done, input.dryRun ?? false, changed) };
}

export async function makeBackupAccount(
  input: OperationInput,
  target: BackupTarget,
  ident: Ident,
  { publicKey, takeover }: { publicKey: string; takeover: boolean },
  step: string,
  changed: string[],
): Promise<string> {
  const account = { ...stageOf(input, step), ...targetNamed(target), ident, publicKey, takeover };
  return told(await ensureBackupAccount(account), input.dryRun ?? false, changed);
}

export async function backUpNow(
  { host, operationId }: OperationInput,
  ident: Ident,
  steps: Steps,
  changed: string[],
): Promise<string> {
  steps.child(backupWorkflowId(ident));
  const done = await backUpUnderLock({ host, operationId }, ident);
  changed.push(...done.changed);
  return done.summary;
}

export async function scheduleBackups(
  input: OperationInput,
  ident: Ident,
  step: string,
  changed: string[],
): Promise<string> {
  return told(await ensureBackupSchedule({ ...stageOf(input, step), ident }), input.dryRun ?? false, changed);
}
