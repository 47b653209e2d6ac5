import { Argument, type Command, Option } from 'commander';
import { commandWord, operationNames } from '../../workflows/contract/operations.js';
import type { Answer } from '../../workflows/contract/progress.js';
import type { AnswerOptions } from '../commands/answer.js';
import type { LogsOptions } from '../commands/logs.js';
import type { ListOptions } from '../commands/runs.js';
import type { Context } from '../context.js';
import type { Status } from '../engine.js';
import type { ExitCode } from '../exit-codes.js';
import { count } from './count.js';
import type { RunCommand } from './run.js';

const operationWords = [...operationNames, 'scheduledBackup'].map(commandWord);
const statusWords: Status[] = ['running', 'completed', 'failed', 'cancelled', 'terminated', 'timed out'];

/** The commands about runs that are there: follow, status, list, answer, cancel, result, logs, ui. */
export function addRuns(program: Command, run: RunCommand): void {
  const id = (): Argument => new Argument('<id>', 'a host, or a workflow id');
  type Runs = typeof import('../commands/runs.js');
  const runs = (command: (runs: Runs, context: Context) => Promise<ExitCode>): Promise<void> =>
    run(async (context) => command(await import('../commands/runs.js'), context));
  program
    .command('follow')
    .description('show a run until it ends; Ctrl-C leaves it running')
    .addArgument(id())
    .action((word: string) =>
      run(async (context) => (await import('../commands/follow.js')).followCommand(context, word)),
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
    .addOption(new Option('--operation <operation>', 'of one kind').choices(operationWords))
    .addOption(new Option('--status <status>', 'that stand so').choices(statusWords))
    .addOption(new Option('--limit <runs>', 'at most so many').argParser(count(10_000)).default(30))
    .action((options: ListOptions) => runs((module, context) => module.list(context, options)));
  program
    .command('answer')
    .description('answer what a run asks')
    .addArgument(id())
    .addArgument(new Argument('<answer>').choices(['yes', 'no', 'retry']))
    .option('--question <digest>', 'only this question, by the digest that status shows in JSON')
    .action((word: string, given: Answer, options: AnswerOptions) =>
      run(async (context) => (await import('../commands/answer.js')).answer(context, word, given, options)),
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
    .command('logs')
    .description("what a run's jobs said, from the hosts")
    .addArgument(id())
    .option('-f, --follow', 'go on until the run ends')
    .addOption(
      new Option('-n, --lines <lines>', 'the last lines of each job').argParser(count(100_000)).default(20),
    )
    .option('--all', 'every line')
    .option('--step <step>', 'of one step, by the word before the │')
    .option('--operation <operation>', 'of an earlier operation on a host, by its id')
    .action((word: string, options: LogsOptions) =>
      run(async (context) => (await import('../commands/logs.js')).logs(context, word, options)),
    );
  program
    .command('ui')
    .description('print the address of the Temporal UI, or of a run in it')
    .argument('[id]', 'a host, or a workflow id')
    .action((word?: string) => runs((module, context) => module.ui(context, word)));
}
