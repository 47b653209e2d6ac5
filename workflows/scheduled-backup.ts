import { workflowInfo } from '@temporalio/workflow';
import { backupWorkflowId } from './contract/ids.js';
import { parseHostName, parseIdent, parseOperationId } from './contract/names.js';
import type { OperationResult, ScheduledBackupInput } from './contract/operations.js';
import { backUpUnderLock } from './phases/back-up-under-lock.js';
import { Steps, accepting } from './steps.js';

/**
 * What a Schedule starts. Temporal repeats a schedule's arguments night after night, and a job is named after its
 * operation: each night's id is made of this run, or night two would find night one's finished job and back up nothing.
 */
export async function scheduledBackup(input: ScheduledBackupInput): Promise<OperationResult> {
  const host = accepting(() => parseHostName(input.host));
  const ident = accepting(() => parseIdent(input.ident));
  const { startTime, firstExecutionRunId } = workflowInfo();
  const time = startTime.toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '');
  const operationId = parseOperationId(
    `${time}-${firstExecutionRunId.replace(/[^a-z0-9]/g, '').slice(0, 6)}`,
  );
  const lock = backupWorkflowId(ident);
  const steps = new Steps({ operation: 'scheduled-backup', subject: host, operationId, dryRun: false }, [
    { id: 'backup', title: 'backup' },
  ]);
  steps.child(lock);
  let result: OperationResult | undefined;
  await steps.run('backup', async () => {
    result = await backUpUnderLock({ host, operationId }, ident);
    return result.summary;
  });
  return steps.ended(result!);
}
