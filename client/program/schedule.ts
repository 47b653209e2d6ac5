import type { Command } from 'commander';
import type { Context } from '../context.js';
import type { ExitCode } from '../exit-codes.js';
import type { RunCommand } from './run.js';

export function addSchedule(program: Command, run: RunCommand): void {
  const schedule = program.command('schedule').description('the nightly backups');
  type Schedules = typeof import('../commands/schedule.js');
  const schedules = (command: (schedules: Schedules, context: Context) => Promise<ExitCode>): Promise<void> =>
    run(async (context) => command(await import('../commands/schedule.js'), context));
  schedule
    .command('list')
    .description('each with its next and last run')
    .action(() => schedules((module, context) => module.listSchedules(context)));
  schedule
    .command('trigger <host>')
    .description('back up now')
    .action((host: string) => schedules((module, context) => module.triggerSchedule(context, host)));
  schedule
    .command('pause <host>')
    .description('no backups until resumed')
    .action((host: string) => schedules((module, context) => module.pauseSchedule(context, host, true)));
  schedule
    .command('resume <host>')
    .description('back up again')
    .action((host: string) => schedules((module, context) => module.pauseSchedule(context, host, false)));
}
