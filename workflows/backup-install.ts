import { backupTargetName } from './contract/addresses.js';
import { parseHostName, parseIdent, parseOperationId } from './contract/names.js';
import type { BackupInstallInput, OperationResult } from './contract/operations.js';
import { backUpNow, makeBackupAccount, makeBackupKey, scheduleBackups } from './phases/install-backups.js';
import { firstStageOf } from './phases/stage.js';
import { summed } from './phases/told.js';
import { Steps, accepting } from './steps.js';

/** `start backup-install ADMIN@TARGET HOST…`: the host may write its mirror, does so, and from now on every night. */
export async function backupInstall(input: BackupInstallInput): Promise<OperationResult> {
  const host = accepting(() => parseHostName(input.host));
  accepting(() => parseOperationId(input.operationId));
  const ident = accepting(() => parseIdent(input.ident ?? host));
  const { operationId, target, dryRun = false, takeover = false } = input;
  const steps = new Steps({ operation: 'backup-install', subject: host, operationId, dryRun }, [
    { id: 'key', title: 'key' },
    { id: 'account', title: 'account' },
    { id: 'backup', title: 'first backup' },
    { id: 'schedule', title: 'schedule' },
  ]);
  const changed: string[] = [];
  let key: string | undefined;
  await steps.run('key', async () => {
    const { publicKey, line } = await makeBackupKey(input, target, ident, 'key', changed, firstStageOf);
    key = publicKey;
    return line;
  });
  if (key === undefined) steps.skip('account', `would accept the key on ${backupTargetName(target)}`);
  else {
    const access = { publicKey: key, takeover };
    await steps.run('account', () => makeBackupAccount(input, target, ident, access, 'account', changed));
  }
  if (dryRun) steps.skip('backup', 'dry run');
  else await steps.run('backup', () => backUpNow(input, ident, steps, changed));
  await steps.run('schedule', () => scheduleBackups(input, ident, 'schedule', changed));
  return steps.ended({ host, changed, summary: summed(changed, dryRun) });
}
