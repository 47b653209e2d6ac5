import { Argument, type Command, Option } from 'commander';
import type { OperationName } from '../../workflows/contract/operations.js';
import { commandWord } from '../../workflows/contract/operations.js';
import type { StartOptions } from '../start-options.js';
import type { RunCommand } from './run.js';
import { common, upOptions } from './start-words.js';

/** `compose` has words of its own: compose HOST stop. */
type Words = Record<
  Exclude<OperationName, 'compose'>,
  { args: string; description: string; options: readonly Option[] }
>;

const domain = new Option('--domain <domain>', "domain of the host's own name");

const withoutDockerClean = new Option('--without-docker-clean', 'no nightly clean-up of unused images');
const noDockerRestart = new Option('--no-docker-restart', 'leave dockerd alone (a host with mailcow)');

const operations: Words = {
  vpsSetup: {
    args: '<[user@]host[:port]...>',
    description: 'first contact: authorised keys, hostname, pinned host key',
    options: [domain],
  },
  deploy: {
    args: '<host...>',
    description: 'Docker, packages, charms and the base compose.yml',
    options: [domain, withoutDockerClean, noDockerRestart],
  },
  up: {
    args: '<host> [service...]',
    description: 'compose.yml and charms to running services',
    options: upOptions(),
  },
  backupInstall: {
    args: '<[admin@]target[:port]> <host...>',
    description: 'let hosts back up to a target, every night',
    options: [new Option('--ident <ident>', "name of the mirror; the host's when left out")],
  },
  backup: {
    args: '<host...>',
    description: 'dump the databases, then mirror, then close it with a manifest',
    options: [new Option('--allow-mass-deletion', 'go on when a tenth of the mirror would be deleted')],
  },
  recover: {
    args: '<admin@target[:port]#ident[:path|:component,...]> <host[:dest]>',
    description: 'make a host serve what a backup holds',
    options: [new Option('--unverified', 'accept a mirror without a complete manifest')],
  },
  update: {
    args: '<host...>',
    description: 'deploy again as of today: packages, charms and images at their newest',
    options: [withoutDockerClean, noDockerRestart],
  },
  cutoff: {
    args: '<host> [port...]',
    description: 'containers do not reach these ports outside, until they are lifted',
    options: [new Option('--lift', 'they do again; all of them when no port is named')],
  },
  recoverTarget: {
    args: '<host> <src> <dst>',
    description: "take a path out of a host's own mirror",
    options: [],
  },
  action: {
    args: '[host] [service] [action] [argument...]',
    description: "one of the actions of a service's charm; without a name, what there is",
    options: [
      new Option('-i, --input <file>', 'what the action reads; - is a pipe'),
      new Option('-o, --output <file>', 'for what the action writes; - is standard output'),
      new Option('--from-host <path>', 'what the action reads is this file of the host'),
      new Option('--to-host <path>', 'what the action writes becomes this file of the host'),
    ],
  },
};

/** `start <operation> …`: one subcommand for each operation. */
export function addStart(program: Command, run: RunCommand): void {
  const start = program.command('start').description('start an operation, and follow it');
  for (const [name, { args, description, options }] of Object.entries(operations)) {
    const operation = name as OperationName;
    const command = start.command(commandWord(operation)).description(description);
    // Named for people: commander's own argument names hold no "@" or "#".
    for (const word of args.split(/ (?=[<[])/)) command.addArgument(argument(word));
    for (const option of [...options, ...common(operation)]) command.addOption(option);
    // What is an option of the action's is no option of ours, and its help is in the charm.
    if (operation === 'action') command.allowUnknownOption().helpOption(false);
    command.action((...given: unknown[]) => {
      const words = given.slice(0, -2).flat() as (string | undefined)[];
      const chosen = given.at(-2) as StartOptions;
      return run(async (context) => {
        if (operation === 'action') {
          const { startAction } = await import('../commands/action.js');
          return startAction(context, command.args, chosen, () => command.helpInformation());
        }
        const module = await import('../commands/start.js');
        return module.start(
          context,
          operation,
          words.filter((word) => word !== undefined),
          chosen,
        );
      });
    });
  }
}

/** `<[user@]host...>` as commander's Argument: required or not, several or one. */
const argument = (word: string): Argument => new Argument(word);
