import { workflowInfo } from '@temporalio/workflow';
import { backupWorkflowId } from './contract/ids.js';
import { type Ident, parseHostName, parseIdent, parseOperationId } from './contract/names.js';
import type { BackupInput, OperationResult } from './contract/operations.js';
import { backUpUnderLock } from './phases/back-up-under-lock.js';
import { close, dump, lookAtBackup, mirror, plannedText } from './phases/backup.js';
import { firstStageOf, stageOf } from './phases/stage.js';
import { Steps, accepting } from './steps.js';

/** `start backup HOST…`: dumps first, then the mirror, then the manifest that closes it. Runs under `backup/<ident>`. */
export async function backup(input: BackupInput): Promise<OperationResult> {
  const host = accepting(() => parseHostName(input.host));
  accepting(() => parseOperationId(input.operationId));
  const { operationId, dryRun = false } = input;
  const steps = new Steps({ operation: 'backup', subject: host, operationId, dryRun }, [
    { id: 'plan', title: 'planned' },
    { id: 'dumps', title: 'databases dumped' },
    { id: 'mirror', title: 'mirrored' },
    { id: 'manifest', title: 'manifest' },
  ]);
  let ident!: Ident;
  await steps.run('plan', async () => {
    // Part of another operation, or of the night, it waits for a host that is away.
    const stage = workflowInfo().parent === undefined ? firstStageOf : stageOf;
    const plan = await lookAtBackup(input, 'plan', stage);
    ident = parseIdent(plan.ident);
    return plannedText(plan);
  });
  const work = ['dumps', 'mirror', 'manifest'];
  if (dryRun) {
    for (const step of work) steps.skip(step, 'dry run');
    return steps.ended({ host, changed: [], summary: 'looked only' });
  }
  // Started under the host's name, which is the ident unless another was chosen: the mirror's own lock is what counts.
  const lock = backupWorkflowId(ident);
  if (workflowInfo().workflowId !== lock) {
    for (const step of work) steps.skip(step, `in ${lock}`);
    steps.child(lock);
    return backUpUnderLock(input, ident);
  }
  await steps.run('dumps', () => dump(input, 'dumps'));
  let mirrored = '';
  await steps.run('mirror', async () => (mirrored = await mirror(input, 'mirror', steps)));
  let closed = '';
  await steps.run('manifest', async () => (closed = await close(input, 'manifest')));
  return steps.ended({ host, changed: [`mirrored ${mirrored}`], summary: `backup ${closed}` });
}
