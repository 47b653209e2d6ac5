import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import type { OperationName } from '../workflows/contract/operations.js';
import { commandWord } from '../workflows/contract/operations.js';
import type { Context } from './context.js';
import { type ExitCode, exitCodesHelp } from './exit-codes.js';
import type { StartOptions } from './start-request.js';
import type { GlobalOptions } from './make-context.js';

/** Runs one command with its context; cli.ts makes the real one, tests their own. */
export type Run = (options: GlobalOptions, command: (context: Context) => Promise<ExitCode>) => Promise<void>;

/** The words of the command line. Each action imports its command when it runs: --help reads only this file. */
export function makeProgram(run: Run): Command {
  const program = new Command('myc-wf')
    .description('Durable operations for small VPS fleets: set up, deploy, back up and recover hosts.')
    .version('0.1.0')
    .addOption(new Option('--config <file>', 'configuration file').env('MYC_WF_CONFIG'))
    .option('--json', 'one JSON document, or NDJSON while following, on stdout')
    .addHelpText('after', `\n${exitCodesHelp}`)
    .exitOverride();
  const globals = (): GlobalOptions => program.opts<GlobalOptions>();
  addStart(program, run, globals);
  addRuns(program, run, globals);
  addSchedule(program, run, globals);
  program
    .command('up')
    .description('run the embedded Temporal and a worker until Ctrl-C')
    .action(() => run(globals(), async (context) => (await import('./commands/up.js')).up(context)));
  program
    .command('worker')
    .description("run a worker for a team's Temporal until Ctrl-C")
    .action(() => run(globals(), async (context) => (await import('./commands/up.js')).worker(context)));
  program
    .command('doctor')
    .description('check configuration, keys, Temporal and worker; say what to do')
    .action(() => run(globals(), async (context) => (await import('./commands/doctor.js')).doctor(context)));
  program
    .command('config')
    .description('the configuration')
    .command('validate [file]')
    .description('check it; errors name file, line and column')
    .action((file?: string) =>
      run(globals(), async (context) => (await import('./commands/config.js')).validateConfig(context, file)),
    );
  return program;
}

type Words = Record<OperationName, { args: string; description: string; options: readonly Option[] }>;

const domain = new Option('--domain <domain>', "domain of the host's own name");

const operations: Words = {
  vpsSetup: {
    args: '<[user@]host[:port]...>',
    description: 'first contact: authorised keys, hostname, pinned host key',
    options: [domain],
  },
  deploy: {
    args: '<host...>',
    description: 'Docker, packages, charms and the base compose.yml',
    options: [
      domain,
      new Option('--without-docker-clean', 'no nightly clean-up of unused images'),
      new Option('--no-docker-restart', 'leave dockerd alone (a host with mailcow)'),
    ],
  },
  up: { args: '<host> [service...]', description: 'compose.yml and charms to running services', options: [] },
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
  recoverTarget: {
    args: '<host> <src> <dst>',
    description: "take a path out of a host's own mirror",
    options: [],
  },
};

function addStart(program: Command, run: Run, globals: () => GlobalOptions): void {
  const start = program.command('start').description('start an operation, and follow it');
  for (const [name, { args, description, options }] of Object.entries(operations)) {
    const operation = name as OperationName;
    const command = start.command(commandWord(operation)).description(description);
    // Named for people: commander's own argument names hold no "@" or "#".
    for (const word of args.split(/ (?=[<[])/)) command.addArgument(argument(word));
    for (const option of [...options, ...common(operation)]) command.addOption(option);
    command.action((...given: unknown[]) => {
      const words = given.slice(0, -2).flat() as (string | undefined)[];
      const chosen = given.at(-2) as StartOptions;
      return run(globals(), async (context) => {
        const module = await import('./commands/start.js');
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

function common(operation: OperationName): Option[] {
  const firstContact = ['vpsSetup', 'backupInstall', 'recover'].includes(operation);
  return [
    new Option('-n, --dry-run', 'look and plan, change nothing'),
    new Option('--detach', 'return the id at once'),
    new Option('--wait', 'when the host is busy, start once it is free'),
    new Option('-y, --yes', 'consent to replacing data'),
    new Option('--takeover', 'take the host over from another control plane'),
    ...(firstContact
      ? [new Option('--host-key <key>', 'SHA256:… or "ssh-ed25519 AAAA…", at first contact')]
      : []),
    ...(operation === 'up' || operation.startsWith('recover')
      ? []
      : [new Option('--parallel <hosts>', 'hosts at once').argParser(count(1000))]),
  ];
}

function count(most: number): (value: string) => number {
  return (value) => {
    const parsed = /^[0-9]{1,6}$/.test(value) ? Number(value) : 0;
    if (parsed < 1 || parsed > most)
      throw new InvalidArgumentError(`Write a whole number from 1 to ${most}.`);
    return parsed;
  };
}

function addRuns(program: Command, run: Run, globals: () => GlobalOptions): void {
  const id = (): Argument => new Argument('<id>', 'a host, or a workflow id');
  type Runs = typeof import('./commands/runs.js');
  const runs = (command: (runs: Runs, context: Context) => Promise<ExitCode>): Promise<void> =>
    run(globals(), async (context) => command(await import('./commands/runs.js'), context));
  program
    .command('follow')
    .description('show a run until it ends; Ctrl-C leaves it running')
    .addArgument(id())
    .action((word: string) =>
      run(globals(), async (context) => (await import('./commands/follow.js')).followCommand(context, word)),
    );
  program
    .command('status')
    .description('what runs now, or one run in full')
    .argument('[id]', 'a host, or a workflow id')
    .action((word?: string) => runs((module, context) => module.status(context, word)));
  program
    .command('list')
    .description('the runs, newest first')
    .option('--host <host>', 'of one host')
    .addOption(new Option('--limit <runs>', 'at most so many').argParser(count(10_000)).default(30))
    .action((options: { host?: string; limit: number }) =>
      runs((module, context) => module.list(context, options)),
    );
  program
    .command('answer')
    .description('answer what a run asks')
    .addArgument(id())
    .addArgument(new Argument('<answer>').choices(['yes', 'no', 'retry']))
    .action((word: string, given: 'yes' | 'no' | 'retry') =>
      runs((module, context) => module.answer(context, word, given)),
    );
  program
    .command('cancel')
    .description('stop a run; it cleans up first')
    .addArgument(id())
    .action((word: string) => runs((module, context) => module.cancel(context, word)));
  program
    .command('result')
    .description('wait for a run and print how it came out')
    .addArgument(id())
    .action((word: string) => runs((module, context) => module.result(context, word)));
  program
    .command('ui')
    .description("print a run's address in the Temporal UI")
    .addArgument(id())
    .action((word: string) => runs((module, context) => module.ui(context, word)));
}

function addSchedule(program: Command, run: Run, globals: () => GlobalOptions): void {
  const schedule = program.command('schedule').description('the nightly backups');
  type Schedules = typeof import('./commands/schedule.js');
  const schedules = (command: (schedules: Schedules, context: Context) => Promise<ExitCode>): Promise<void> =>
    run(globals(), async (context) => command(await import('./commands/schedule.js'), context));
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
