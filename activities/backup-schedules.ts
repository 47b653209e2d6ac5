/** Temporal's Schedules, and no more of it than backups need; worker/backup-schedules.ts is the real one. */
export interface BackupSchedules {
  /** Creates or corrects it; a paused one stays paused. With `look` only says what it would do. */
  ensure(schedule: BackupSchedule, look: boolean): Promise<'created' | 'changed' | 'unchanged'>;
  /** Pauses those that write the ident's mirror; returns the hosts of those that this or an earlier call for `why` paused. */
  pauseOf(ident: string, why: string): Promise<string[]>;
  resume(hosts: readonly string[]): Promise<void>;
}

export interface BackupSchedule {
  host: string;
  ident: string;
  /** In UTC. */
  cron: string;
}
