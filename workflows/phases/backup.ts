import { ApplicationFailure, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/activities.js';
import type { BackupPlan, PushResult } from '../../activities/backup-activities.js';
import { looking, transferring } from '../activity-options.js';
import { bytesText } from '../contract/amounts.js';
import type { BackupInput, OperationInput } from '../contract/operations.js';
import type { Steps } from '../steps.js';
import { type StageOf, stageOf } from './stage.js';

const { planBackup } = proxyActivities<Activities>(looking);
const { dumpDatabases, pushMirror, closeBackup } = proxyActivities<Activities>(transferring);

export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

export async function lookAtBackup(input: OperationInput, step: string, stage: StageOf): Promise<BackupPlan> {
  return planBackup(stage(input, step));
}

export function plannedText({ target, ident, databases, stopped, directories }: BackupPlan): string {
  return [
    `${ident} on ${target}`,
    ...(databases.length === 0 ? [] : [`dumps of ${databases.join(', ')}`]),
    ...(stopped.length === 0 ? [] : [`files of ${stopped.join(', ')}, which does not run`]),
    counted(directories.length, 'directory', 'directories'),
  ].join(', ');
}

export async function dump(input: OperationInput, step: string): Promise<string> {
  const { databases, bytes } = await dumpDatabases(stageOf(input, step));
  return databases === 0 ? 'no databases' : `${counted(databases, 'database')}, ${bytesText(bytes)}`;
}

/** A mirror that would lose much stops before it does, and a person says how to go on. */
export async function mirror(input: BackupInput, step: string, steps: Steps): Promise<string> {
  let mayDelete = input.allowMassDeletion ?? false;
  for (let round = 1; ; round += 1) {
    const done = await pushMirror({ ...stageOf(input, step), mayDelete, round });
    if (!done.stopped) {
      const { files, bytes, sent, deleted } = done;
      const gone = deleted === 0 ? '' : `, ${deleted.toLocaleString('en')} deleted`;
      return `${counted(files, 'file')}, ${bytesText(bytes)}, ${bytesText(sent)} sent${gone}`;
    }
    const text = `${lossText(done, input.host)}; is a disk not mounted? yes deletes, retry looks again, no ends the backup`;
    const answer = await steps.ask({ step, text, answers: ['yes', 'no', 'retry'] });
    if (answer === 'no')
      throw ApplicationFailure.nonRetryable(
        `${lossText(done, input.host)}, and that was refused; the mirror stays as it was`,
        'MassDeletion',
      );
    mayDelete = answer === 'yes';
  }
}

function lossText(loss: Extract<PushResult, { stopped: true }>, host: string): string {
  if ('gone' in loss) return `${loss.gone} was in the last backup of ${host} and is gone`;
  const { deleted, of } = loss;
  return `${deleted.toLocaleString('en')} of ${counted(of, 'file')} in the mirror of ${host} would be deleted`;
}

export async function close(input: OperationInput, step: string): Promise<string> {
  const { files, bytes, special, volatile } = await closeBackup(stageOf(input, step));
  return [
    `complete: ${counted(files, 'file')}, ${bytesText(bytes)}`,
    ...(volatile === 0 ? [] : [`${counted(volatile, 'file')} kept changing`]),
    ...(special === 0 ? [] : [`${counted(special, 'pipe or device', 'pipes or devices')} left out`]),
  ].join(', ');
}
