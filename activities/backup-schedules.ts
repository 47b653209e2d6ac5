/** Temporal's Schedules, and no more of it than backups need; worker/backup-schedules.ts is the real one. */
export interface BackupSchedules {
  /** Creates or corrects it; a paused one stays paused. With `look` only says what it would do. */
  ensure(schedule: BackupSchedule, look: boolean): Promise<'created' | 'changed' | 'unchanged'>;
  /** Pauses those that write the ident's mirror; returns their hosts. */
  pauseOf(ident: string, why: string): Promise<string[]>;
}

export interface BackupSchedule {
  host: string;
  ident: string;
  /** In UTC. */
  cron: string;
}
