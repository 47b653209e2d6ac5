import type { Client } from '@temporalio/client';
import { backupScheduleId } from '../workflows/contract/ids.js';
import { type HostName, parseHostName } from '../workflows/contract/names.js';
import { isOldForm } from './codec/payload-codec.js';

/**
 * Schedules of backups that were made before payloads said to which workflow they belong are
 * written again, once: what they start would be refused.
 */
export async function rewriteSchedules({ schedule: schedules }: Client): Promise<void> {
  for await (const { scheduleId } of schedules.list()) {
    if (!scheduleId.startsWith(backupScheduleId('' as HostName))) continue;
    const handle = schedules.getHandle(scheduleId);
    const { raw, action } = await handle.describe();
    const payloads = raw.schedule?.action?.startWorkflow?.input?.payloads ?? [];
    if (payloads.length === 0 || !payloads.every(isOldForm)) continue;
    // Whoever reached the server may have made one of what they saw: only what backup-install makes is written again.
    const [input] = (action.args ?? []) as { host?: string }[];
    if (action.workflowType !== 'scheduledBackup' || typeof input?.host !== 'string') continue;
    if (backupScheduleId(parseHostName(input.host)) !== scheduleId) continue;
    await handle.update((same) => same);
  }
}
