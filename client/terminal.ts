import { printableText } from '../workflows/contract/printable.js';
import { CommandError } from './errors.js';
import { exitCodes } from './exit-codes.js';

export interface Terminal {
  /** A person sits there: both ends are a terminal and --json was not given. */
  interactive: boolean;
  /** stderr is a terminal and --json was not given: progress may be drawn over. Nobody need sit there to answer. */
  live: boolean;
  confirm(text: string): Promise<boolean>;
  choose<T extends string>(text: string, answers: readonly T[]): Promise<T>;
}

/** Prompts on stderr. @clack/prompts is asked for only on a terminal: without one it ends the process silently. */
export function makeTerminal({ interactive, live }: Pick<Terminal, 'interactive' | 'live'>): Terminal {
  return {
    interactive,
    live,
    confirm: async (text) => {
      const { confirm, isCancel } = await import('@clack/prompts');
      const answer = await confirm({
        message: printableText(text),
        initialValue: false,
        output: process.stderr,
      });
      if (isCancel(answer)) throw left();
      return answer;
    },
    choose: async <T extends string>(text: string, answers: readonly T[]) => {
      const { select, isCancel } = await import('@clack/prompts');
      const options = answers.map((value) => ({ value: value, label: printableText(value) }));
      const answer = await select<string>({ message: printableText(text), options, output: process.stderr });
      if (isCancel(answer)) throw left();
      return answer as T;
    },
  };
}

const left = (): CommandError => new CommandError(exitCodes.detached, 'left without an answer');
