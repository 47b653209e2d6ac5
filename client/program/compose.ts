import { Command, Option } from 'commander';
import type { Context } from '../context.js';
import type { ExitCode } from '../exit-codes.js';
import { type ComposeAction, composeActions } from '../../workflows/contract/compose-actions.js';
import type { StartOptions } from '../start-options.js';
import { count } from './count.js';
import { addExamples } from './examples.js';
import { takeGlobalOptions, termOf } from './global-options.js';
import type { RunCommand } from './run.js';
import { addedOption, common, composeFileOption, upOptions } from './start-words.js';

const several = (value: string, before: string[] = []): string[] => [...before, value];

/** `compose plan …` without a host, and `compose HOST <action> …`. */
export function addCompose(program: Command, run: RunCommand): void {
  const compose = program
    .command('compose')
    .description('the services of a host, or what a compose.yml comes to')
    .usage(`<host> <action> …\n       ${program.name()} compose plan --file <file> --charms <folder>`)
    .argument('[host]', 'a host of the inventory')
    .argument('[action]', 'what to do with its services')
    .argument('[words...]', "the action's own words")
    .passThroughOptions()
    .addHelpText('after', () => `\nActions:\n${actionsOf(composeHost('HOST', run))}`)
    .action(async (host: string | undefined, action: string | undefined, words: string[]) => {
      if (host === undefined) return compose.help({ error: true });
      const inner = composeHost(host, run, program);
      takeGlobalOptions(program, inner);
      addExamples(inner, 'compose HOST ');
      await inner.parseAsync([action ?? '--help', ...words], { from: 'user' });
    });
  compose
    .command('plan')
    .description('services, relations and hooks of a compose.yml: needs no host and no Temporal')
    .addOption(composeFileOption().makeOptionMandatory())
    .addOption(
      new Option('--charms <folder>', 'a charm repository; several, first match wins').argParser(several),
    )
    .addOption(addedOption())
    .option('--debug', 'docker-compose.yml as well, its secrets masked')
    .argument('[service...]', 'these and what they need; all of them when left out')
    .action((services: string[], options: Omit<OfflineOptions, 'services'>) =>
      run(async (context) =>
        (await import('../commands/compose-plan.js')).planOffline(context, { services, ...options }),
      ),
    );
}

/** What can be done with one host's services; the host is named before the action, as in `compose vps1 logs`. */
export function composeHost(host: string, run: RunCommand, settings?: Command): Command {
  const program = new Command(`myc-wf compose ${host}`)
    .description('the services of a host')
    .helpCommand(false);
  program.enablePositionalOptions();
  // Before its commands, which take them from it.
  if (settings !== undefined) program.copyInheritedSettings(settings);
  program
    .command('plan [service...]')
    .description('services, relations and the order of hooks; changes nothing')
    .addOption(composeFileOption())
    .addOption(addedOption())
    .option('--debug', 'docker-compose.yml as well, its secrets masked')
    .action((services: string[], options: Omit<HostPlanOptions, 'services'>) =>
      run(async (context) =>
        (await import('../commands/compose-plan.js')).planOfHost(context, host, { services, ...options }),
      ),
    );
  addActions(program, host, run);
  addReads(program, host, run);
  return program;
}

const actions: Record<ComposeAction, string> = {
  down: 'remove the containers and the network; data stays',
  stop: 'stop containers, and leave them there',
  start: 'start containers that are there',
  restart: 'stop and start containers',
  create: 'make containers, and do not start them',
};

/** What changes the host: workflows under its lock. */
function addActions(program: Command, host: string, run: RunCommand): void {
  const starting = (operation: 'up' | 'compose', words: string[], options: StartOptions): Promise<void> =>
    run(async (context) => (await import('../commands/start.js')).start(context, operation, words, options));
  const up = program.command('up [service...]').description('compose.yml and charms to running services');
  for (const option of [...upOptions(), ...common('up')]) up.addOption(option);
  up.action((services: string[], options: StartOptions) => starting('up', [host, ...services], options));
  for (const action of composeActions) {
    const command = program.command(`${action} [service...]`).description(actions[action]);
    for (const option of common('compose')) command.addOption(option);
    command.action((services: string[], options: StartOptions) =>
      starting('compose', [host, action, ...services], options),
    );
  }
}

/** What reads, or is sat at: straight over SSH. */
function addReads(program: Command, host: string, run: RunCommand): void {
  type Reads = typeof import('../commands/compose-reads.js');
  const reading = (body: (reads: Reads, context: Context) => Promise<ExitCode>): Promise<void> =>
    run(async (context) => body(await import('../commands/compose-reads.js'), context));
  program
    .command('run [words...]')
    .description('docker compose run, with a terminal; --rm, --use-aliases, -p and the rest go through')
    .usage('[options of docker compose run] <service> [command...]')
    .allowUnknownOption()
    .helpOption('--help')
    .passThroughOptions()
    .action((words: string[]) =>
      run(async (context) => (await import('../commands/compose-run.js')).runService(context, host, words)),
    );
  program
    .command('logs [service...]')
    .description('what containers say')
    .option('-f, --follow', 'go on until Ctrl-C')
    .addOption(new Option('-n, --lines <lines>', 'the last ones').argParser(count(100_000)).default(100))
    .action((services: string[], options: { follow?: boolean; lines: number }) =>
      reading((reads, context) => reads.composeLogs(context, host, services, options)),
    );
  program
    .command('ps [service...]')
    .description('the containers and how they are')
    .action((services: string[]) => reading((reads, context) => reads.ps(context, host, services)));
  program
    .command('config')
    .description('docker-compose.yml as the next up writes it')
    .addOption(composeFileOption())
    .addOption(addedOption())
    .option('--show-secrets', 'without the mask')
    .action((options: ComposeConfigOptions) =>
      reading((reads, context) => reads.composeConfig(context, host, options)),
    );
  program
    .command('ip [service...]')
    .description('addresses of containers on the host')
    .action((services: string[]) => reading((reads, context) => reads.ip(context, host, services)));
}

type ComposeConfigOptions = import('../commands/compose-reads.js').ComposeConfigOptions;
type OfflineOptions = import('../commands/compose-plan.js').OfflineOptions;
type HostPlanOptions = import('../commands/compose-plan.js').HostPlanOptions;

function actionsOf(program: Command): string {
  const rows = program.commands.map((command) => [termOf(command), command.description()] as const);
  const width = Math.max(...rows.map(([term]) => term.length));
  return rows.map(([term, description]) => `  ${term.padEnd(width)}  ${description}`).join('\n');
}
