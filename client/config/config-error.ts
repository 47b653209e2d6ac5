import { CommandError } from '../errors.js';
import { withoutWrittenLogins } from '../../workflows/contract/secret-addresses.js';
import { exitCodes } from '../exit-codes.js';

/** A place in a YAML file: 1-based line and column, and the file's text for the caret. */
export interface Place {
  file: string;
  text: string;
  line: number;
  column: number;
}

/**
 * The message of a configuration error:
 *
 *     config.yml:3:5: "prot" is not a key here
 *       3 |     prot: 22
 *         |     ^
 *       write port
 */
export function configError(place: Place, what: string, next: string): CommandError {
  const { file, text, line, column } = place;
  const source = (text.split('\n')[line - 1] ?? '').replace(/\r$/, '').replaceAll('\t', ' ');
  const number = String(line);
  // Of a line that is shown, for whatever fault, no login is.
  // A long line is cut around the caret: a secret or a key further on stays out of the terminal.
  const from = column > 100 ? column - 40 : 0;
  const shown = withoutWrittenLogins(source.slice(from)).slice(0, 120);
  const gutter = ' '.repeat(number.length);
  return new CommandError(
    exitCodes.usage,
    `${file}:${line}:${column}: ${withoutWrittenLogins(what)}\n  ${number} | ${shown}\n  ${gutter} | ${' '.repeat(column - 1 - from)}^`,
    next,
  );
}
