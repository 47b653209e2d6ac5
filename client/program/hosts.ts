import type { Command } from 'commander';
import type { RunCommand } from './run.js';

/** Straight over SSH, with this machine's own configuration: st, ip, postgres ls. */
export function addHosts(program: Command, run: RunCommand): void {
  program
    .command('st <host>')
    .description('a terminal on a host, in tmux: over mosh, else over ssh')
    .option('--ssh', 'do not try mosh')
    .action((host: string, options: { ssh?: boolean }) =>
      run(async (context) => (await import('../commands/st.js')).st(context, host, options)),
    );
  program
    .command('ip <host> [service...]')
    .description('addresses of containers on a host')
    .action((host: string, services: string[]) =>
      run(async (context) => (await import('../commands/compose-reads.js')).ip(context, host, services)),
    );
  program
    .command('postgres')
    .description("a host's databases")
    .command('ls <host>')
    .description('each with its owner and its size')
    .action((host: string) =>
      run(async (context) => (await import('../commands/postgres.js')).postgresLs(context, host)),
    );
  program
    .command('cutoff')
    .description("ports that a host's containers do not reach outside")
    .command('status <host>')
    .description('which, and whether the rules hold; start cutoff changes them')
    .action((host: string) =>
      run(async (context) => (await import('../commands/cutoff.js')).cutoffStatus(context, host)),
    );
}
