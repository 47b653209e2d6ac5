import type { Command } from 'commander';
import { complete, namesOf, placeOf } from '../complete.js';
import type { Context } from '../context.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { composeHost } from '../program/compose.js';
import { namesOnHost } from '../complete-on-host.js';

/** What the scripts of `completion` ask at each Tab. A configuration that is broken completes no names. */
export async function completeWords(
  context: Context,
  program: Command,
  words: readonly string[],
): Promise<ExitCode> {
  const config = await context.config().then(
    (loaded) => loaded.config,
    () => ({}),
  );
  const inner = (command: Command, first: string): Command | undefined =>
    command.name() === 'compose' && first !== '' ? composeHost(first, () => Promise.resolve()) : undefined;
  const place = placeOf(program, words, inner);
  const found = complete(place, namesOf(config), await namesOnHost(context, place));
  context.output.result(found, found.join('\n'));
  return exitCodes.done;
}
