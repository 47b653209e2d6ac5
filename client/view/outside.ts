import type { z } from 'zod';
import { leftOutText } from '../../workflows/contract/outside-names.js';
import { CommandError } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import type { Output } from '../output.js';

/** Who looks at the rest is told that some of it is missing. */
export function sayLeftOut(output: Output, leftOut: number, where: string): void {
  const text = leftOutText(leftOut, where);
  if (text !== undefined) output.say(text);
}

/**
 * What a program of a host says in JSON; one clear error for what is none, or is of another form.
 */
export function parsedJson<T>(schema: z.ZodType<T>, text: string, where: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new CommandError(
      exitCodes.failed,
      `what ${where} says cannot be understood`,
      'look at the host: it may run another version, or no longer be yours',
    );
  }
}
