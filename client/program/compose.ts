import { Command, Option } from 'commander';
import type { Context } from '../context.js';
import type { ExitCode } from '../exit-codes.js';
import { addExamples } from './examples.js';
import { takeGlobalOptions, termOf } from './global-options.js';
import type { RunCommand } from './run.js';

const several = (value: string, before: string[] = []): string[] => [...before, value];

export const composeFileOption = (): Option =>
  new Option('-f, --file <file>', "this compose.yml instead of the host's own");
export const addedOption = (): Option =>
  new Option('--add-compose-content <text|file>', 'YAML that is merged over compose.yml');

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
  // Before its commands, which take them from it.
  if (settings !== undefined) program.copyInheritedSettings(settings);
  type Body = (context: Context) => Promise<ExitCode>;
  const doing = (body: Body): Promise<void> => run(body);
  program
    .command('plan [service...]')
    .description('services, relations and the order of hooks; changes nothing')
    .addOption(composeFileOption())
    .addOption(addedOption())
    .option('--debug', 'docker-compose.yml as well, its secrets masked')
    .action((services: string[], options: Omit<HostPlanOptions, 'services'>) =>
      doing(async (context) =>
        (await import('../commands/compose-plan.js')).planOfHost(context, host, { services, ...options }),
      ),
    );
  return program;
}

type OfflineOptions = import('../commands/compose-plan.js').OfflineOptions;
type HostPlanOptions = import('../commands/compose-plan.js').HostPlanOptions;

function actionsOf(program: Command): string {
  const rows = program.commands.map((command) => [termOf(command), command.description()] as const);
  const width = Math.max(...rows.map(([term]) => term.length));
  return rows.map(([term, description]) => `  ${term.padEnd(width)}  ${description}`).join('\n');
}
