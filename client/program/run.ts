import type { Context } from '../context.js';
import type { ExitCode } from '../exit-codes.js';
import type { GlobalOptions } from '../make-context.js';

/** Runs one command with its context; cli.ts makes the real one, tests their own. */
export type Run = (options: GlobalOptions, command: (context: Context) => Promise<ExitCode>) => Promise<void>;

/** A Run that knows the options given before, or after, the command's words. */
export type RunCommand = (command: (context: Context) => Promise<ExitCode>) => Promise<void>;
