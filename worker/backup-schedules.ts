import { isDeepStrictEqual } from 'node:util';
import type { Client } from '@temporalio/client';
import { ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import { SearchAttributeType, TypedSearchAttributes, defineSearchAttributeKey } from '@temporalio/common';
import type { BackupSchedule, BackupSchedules } from '../activities/backup-schedules.js';
import { backupScheduleId, taskQueue } from '../workflows/contract/ids.js';
import { type HostName, parseHostName } from '../workflows/contract/names.js';

const hostKey = defineSearchAttributeKey('Host', SearchAttributeType.KEYWORD);
const operationKey = defineSearchAttributeKey('Operation', SearchAttributeType.KEYWORD);

type UseClient = <T>(work: (client: Client) => Promise<T>) => Promise<T>;

/** `use` lends a client for one piece of work: schedules are asked for seldom, and Temporal may restart in between. */
export function backupSchedules(use: UseClient): BackupSchedules {
  return {
    ensure: (schedule, look) => use((client) => ensure(client, schedule, look)),
    pauseOf: (ident, why) => use((client) => pauseOf(client, ident, why)),
    resume: (hosts) => use((client) => resume(client, hosts)),
  };
}

function optionsOf({ host, ident, cron }: BackupSchedule) {
  const scheduleId = backupScheduleId(parseHostName(host));
  return {
    scheduleId,
    // The words behind # come back with a description, where Temporal itself has only what it made of the expression.
    spec: { cronExpressions: [`${cron} # ${cron}`], jitter: '10 min', timezone: 'UTC' },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '6 h' },
    action: {
      type: 'startWorkflow' as const,
      workflowType: 'scheduledBackup',
      // Temporal appends the time.
      workflowId: scheduleId,
      taskQueue,
      args: [{ host, ident }],
      typedSearchAttributes: new TypedSearchAttributes([
        { key: hostKey, value: host },
        { key: operationKey, value: 'scheduledBackup' },
      ]),
    },
  };
}

async function ensure({ schedule: schedules }: Client, schedule: BackupSchedule, look: boolean) {
  const options = optionsOf(schedule);
  const { scheduleId, ...wanted } = options;
  const handle = schedules.getHandle(scheduleId);
  try {
    const { spec, action } = await handle.describe();
    const same =
      isDeepStrictEqual(
        spec.calendars?.map(({ comment }) => comment),
        [schedule.cron],
      ) && isDeepStrictEqual(action.args, [{ host: schedule.host, ident: schedule.ident }]);
    if (same) return 'unchanged';
    if (!look) await handle.update(({ state }) => ({ ...wanted, state }));
    return 'changed';
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    if (!look) await schedules.create(options);
    return 'created';
  }
}

async function pauseOf({ schedule: schedules }: Client, ident: string, why: string): Promise<string[]> {
  // By custom the ident is the host's name; the list, which may lag behind, tells of those with another.
  const ids = new Set([backupScheduleId(parseHostName(ident))]);
  for await (const { scheduleId } of schedules.list()) if (scheduleId.startsWith(prefix)) ids.add(scheduleId);
  const paused: string[] = [];
  for (const id of ids) {
    const handle = schedules.getHandle(id);
    const found = await handle.describe().catch(absent);
    const [input] = (found?.action.args ?? []) as { host: string; ident: string }[];
    if (found === undefined || input?.ident !== ident) continue;
    if (!found.state.paused) await handle.pause(why);
    // Asked for again after a kill, it still tells what it paused: the note says so.
    if (!found.state.paused || found.state.note === why) paused.push(input.host);
  }
  return paused;
}

const prefix = backupScheduleId('' as HostName);

function absent(error: unknown): undefined {
  if (!(error instanceof ScheduleNotFoundError)) throw error;
}

async function resume({ schedule: schedules }: Client, hosts: readonly string[]): Promise<void> {
  for (const host of hosts)
    await schedules
      .getHandle(backupScheduleId(parseHostName(host)))
      .unpause('the recovery did not go through');
}
