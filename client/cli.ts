#!/usr/bin/env node
import { CommanderError } from 'commander';
import { exitCodes } from './exit-codes.js';
import { makeProgram } from './program.js';
import { exitOnFault } from './view/fatal.js';

exitOnFault(exitCodes.failed);
const interrupted = new AbortController();
// The second Ctrl-C ends the process as usual: a hanging connection never holds the operator.
process.once('SIGINT', () => interrupted.abort());
process.once('SIGTERM', () => interrupted.abort());
// `myc-wf list | head` ends quietly.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const program = makeProgram(async (options, command) => {
  const { makeContext } = await import('./make-context.js');
  const context = makeContext(options, interrupted.signal);
  try {
    process.exitCode = await command(context);
  } catch (error) {
    const { asCommandError } = await import('./errors.js');
    const { message, next, exitCode } = asCommandError(error);
    context.output.error(message, next, exitCode);
    process.exitCode = exitCode;
  } finally {
    await context.close();
  }
});

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Help and version end with 0; commander has already said what is wrong otherwise.
  process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
}
