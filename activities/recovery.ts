import { Context } from '@temporalio/activity';
import { accepting } from './failures.js';
import { parsePublicKey } from './backup-client.js';
import type { BackupDependencies } from './backups.js';
import { inspectBackup } from './inspect-backup.js';
import { reaching } from './patience.js';
import type { RecoveryActivities, SourceInput } from './recovery-activities.js';
import { restoreDatabases } from './restore-databases.js';
import { discardStage, ensureStage, pullBackup, sourceIdent, verifyStage } from './stage.js';
import { checkDestination, finishRestore, swapData } from './swap.js';
import { type TargetAdmin, targetAdmin } from './target-admin.js';

/** Long enough for a large mirror on a slow line; withdrawn at the end in any case. */
const restoreKeyHours = 48;

export function recoveryActivities({
  config,
  remotes,
  schedules,
  stage,
  signal,
}: BackupDependencies): RecoveryActivities {
  /** The target alone: the host need not be there for it. */
  const adminOf = async ({ target, admin }: SourceInput): Promise<TargetAdmin> =>
    targetAdmin(await remotes.backupTarget(target, admin), target, signal());
  return {
    inspectBackup: accepting(async (input) =>
      reaching(Context.current().info, input, input.target, async () =>
        inspectBackup(input, await adminOf(input)),
      ),
    ),
    checkDestination: accepting(async (input) => checkDestination(await stage(input), input, await config())),
    ensureStage: accepting(async (input) =>
      ensureStage(await stage(input), input, await config(), await adminOf(input)),
    ),
    requestRestoreKey: accepting(async (input) => ({
      user: await (
        await adminOf(input)
      ).addReadKey(sourceIdent(input), parsePublicKey(input.publicKey), restoreKeyHours),
    })),
    pullBackup: accepting(async (input) => pullBackup(await stage(input), input, await config())),
    verifyStage: accepting(async (input) => verifyStage(await stage(input), input)),
    swapData: accepting(async (input) => swapData(await stage(input), input, await config())),
    restoreDatabases: accepting(async (input) => restoreDatabases(await stage(input), input)),
    finishRestore: accepting(async (input) => finishRestore(await stage(input), input)),
    discardStage: accepting(async (input) => discardStage(await stage(input), input)),
    withdrawRestoreKey: accepting(async (input) =>
      (await adminOf(input)).removeKey(sourceIdent(input), parsePublicKey(input.publicKey)),
    ),
    withdrawPushKeys: accepting(async (input) => {
      const admin = await adminOf(input);
      const ident = sourceIdent(input);
      const push = (await admin.keysOf(ident))?.push ?? [];
      for (const key of push) await admin.removeKey(ident, key);
      return { withdrawn: push.length };
    }),
    pauseBackups: accepting(async (input) => ({
      paused: await schedules.pauseOf(
        sourceIdent(input),
        `recovered to ${input.host} (${input.operationId})`,
      ),
    })),
    resumeBackups: accepting(async ({ hosts }) => schedules.resume(hosts)),
  };
}
