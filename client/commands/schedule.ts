import { backupScheduleId } from '../../workflows/contract/ids.js';
import { parseHostName } from '../../workflows/contract/names.js';
import type { Context } from '../context.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { outsideName } from '../../workflows/contract/outside-names.js';
import { table } from '../output.js';
import { sayLeftOut } from '../view/outside.js';
import { parseListedId } from '../workflow-id.js';

export async function listSchedules(context: Context): Promise<ExitCode> {
  const all = await (await context.engine()).listSchedules();
  const rows = all.filter(({ id }) => outsideName(id, parseListedId) !== undefined);
  sayLeftOut(context.output, all.length - rows.length, 'Temporal');
  const lines = rows.map(({ id, paused, note, next, last }) => [
    id,
    paused ? ['paused', note].filter(Boolean).join(': ') : `next ${next ?? 'unknown'}`,
    last === undefined ? 'never ran' : `last ${last}`,
  ]);
  context.output.result(
    rows,
    rows.length === 0 ? 'no schedules; myc-wf start backup-install makes one' : table(lines),
  );
  return exitCodes.done;
}

export async function triggerSchedule(context: Context, word: string): Promise<ExitCode> {
  const id = backupScheduleId(parseHostName(word));
  await (await context.engine()).triggerSchedule(id);
  context.output.result({ id, triggered: true }, `${id} runs now; myc-wf status`);
  return exitCodes.done;
}

export async function pauseSchedule(context: Context, word: string, paused: boolean): Promise<ExitCode> {
  const id = backupScheduleId(parseHostName(word));
  await (await context.engine()).pauseSchedule(id, paused);
  context.output.result({ id, paused }, `${id} ${paused ? 'is paused' : 'runs again'}`);
  return exitCodes.done;
}
