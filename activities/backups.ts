import type { ReadConfig } from '../client/config/watch.js';
import { parseHostName, parseIdent } from '../workflows/contract/names.js';
import type { StageInput } from './activities.js';
import type { Remotes } from './adapters/remote/remote.js';
import type { BackupActivities } from './backup-activities.js';
import { ensureBackupAccount, ensureBackupKey } from './backup-client.js';
import { closeBackup, dumpDatabases, planBackup, pushMirror } from './backup-jobs.js';
import type { BackupSchedules } from './backup-schedules.js';
import type { StageContext } from './converge.js';
import { accepting } from './failures.js';
import { targetAdmin } from './target-admin.js';

export interface BackupDependencies {
  config: ReadConfig;
  remotes: Remotes;
  schedules: BackupSchedules;
  stage: (input: StageInput) => Promise<StageContext>;
  /** Of the activity that runs. */
  signal: () => AbortSignal;
}

/** An hour when little else goes on. */
const nightly = '20 2 * * *';

export function backupActivities({
  config,
  remotes,
  schedules,
  stage,
}: BackupDependencies): BackupActivities {
  return {
    ensureBackupKey: accepting(async (input) => ensureBackupKey(await stage(input), input, await config())),
    ensureBackupAccount: accepting(async (input) => {
      const context = await stage(input);
      const remote = await remotes.backupTarget(input.target, input.admin);
      const admin = targetAdmin(remote, input.target, context.signal);
      return ensureBackupAccount(context, input, await config(), admin);
    }),
    ensureBackupSchedule: accepting(async (input) => {
      const cron = (await config()).schedules?.backup ?? nightly;
      const schedule = { host: parseHostName(input.host), ident: parseIdent(input.ident), cron };
      const done = await schedules.ensure(schedule, input.dryRun);
      const summary = `"${cron}" UTC`;
      return {
        changed: done === 'unchanged' ? [] : [`${done} the schedule of backups, ${summary}`],
        summary,
      };
    }),
    planBackup: accepting(async (input) => planBackup(await stage(input), input)),
    dumpDatabases: accepting(async (input) => dumpDatabases(await stage(input), input)),
    pushMirror: accepting(async (input) => pushMirror(await stage(input), input)),
    closeBackup: accepting(async (input) => closeBackup(await stage(input), input)),
  };
}
