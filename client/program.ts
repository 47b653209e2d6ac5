import { Argument, Command, Option } from 'commander';
import { exitCodesHelp } from './exit-codes.js';
import type { GlobalOptions } from './make-context.js';
import { addCompose } from './program/compose.js';
import { addExamples } from './program/examples.js';
import { helpOutput } from './view/help-output.js';
import { takeGlobalOptions, termOf } from './program/global-options.js';
import { addHosts } from './program/hosts.js';
import { addRuns } from './program/runs.js';
import type { Run, RunCommand } from './program/run.js';
import { addSchedule } from './program/schedule.js';
import { addStart } from './program/start.js';

/** The words of the command line. Each action imports its command when it runs: --help reads only this file. */
export function makeProgram(run: Run): Command {
  const program = new Command('myc-wf')
    .description('Durable operations for small VPS fleets: set up, deploy, back up and recover hosts.')
    .version('0.1.0')
    .addOption(new Option('--config <file>', 'configuration file').env('MYC_WF_CONFIG'))
    .option('--json', 'one JSON document, or NDJSON while following, on stdout')
    .addHelpText('after', `\n${exitCodesHelp}`)
    .configureHelp({ subcommandTerm: termOf })
    .configureOutput(helpOutput)
    .showHelpAfterError('  add --help to see what there is')
    // What stands behind a command's name is the command's: `compose HOST run` hands it on.
    .enablePositionalOptions()
    .exitOverride();
  const command: RunCommand = (body) => run(program.opts<GlobalOptions>(), body);
  addStart(program, command);
  addCompose(program, command);
  addRuns(program, command);
  addSchedule(program, command);
  addHosts(program, command);
  program
    .command('up')
    .description('run the embedded Temporal and a worker until Ctrl-C')
    .option('--detach', 'return when both are ready; they go on, and log to a file')
    .addOption(new Option('--log-file <file>', 'the log goes there, bounded, instead of stderr'))
    .action((options: { detach?: boolean; logFile?: string }) =>
      command(async (context) =>
        options.detach
          ? (await import('./commands/detach.js')).upDetached(context, options)
          : (await import('./commands/up.js')).up(context, options),
      ),
    );
  program
    .command('down')
    .description('stop the embedded Temporal and its worker')
    .action(() => command(async (context) => (await import('./commands/down.js')).down(context)));
  program
    .command('worker')
    .description("run a worker for a team's Temporal until Ctrl-C")
    .addOption(new Option('--log-file <file>', 'the log goes there, bounded, instead of stderr'))
    .action((options: { logFile?: string }) =>
      command(async (context) => (await import('./commands/up.js')).worker(context, options)),
    );
  program
    .command('doctor')
    .description('check configuration, keys, Temporal and worker; say what to do')
    .action(() => command(async (context) => (await import('./commands/doctor.js')).doctor(context)));
  program
    .command('config')
    .description('the configuration')
    .command('validate [file]')
    .description('check it; errors name file, line and column')
    .action((file?: string) =>
      command(async (context) => (await import('./commands/config.js')).validateConfig(context, file)),
    );
  program
    .command('completion')
    .description('completion of commands, options, hosts and mirrors, for a shell')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .action((shell: 'bash' | 'zsh' | 'fish') =>
      command(async (context) => (await import('./commands/completion.js')).completion(context, shell)),
    );
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action((words: string[]) =>
      command(async (context) =>
        (await import('./commands/complete.js')).completeWords(context, program, words),
      ),
    );
  takeGlobalOptions(program);
  addExamples(program);
  return program;
}
