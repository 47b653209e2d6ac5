import { BadInput, shown } from '../../workflows/contract/bad-input.js';

/**
 * One word of a POSIX shell line: what is in single quotes stands for itself, a newline too. The only shell quoting.
 * A NUL cannot be in an argument of any process, so it is refused with BadInput.
 */
export function shellQuote(word: string): string {
  if (word.includes('\0'))
    throw new BadInput(`${shown(word)} holds a NUL character`, 'no argument of a command can; remove it');
  if (/^[A-Za-z0-9_./:@%+-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The line that makes a shell run exactly this argv. */
export function commandLine(argv: readonly string[]): string {
  if (argv.length === 0) throw new BadInput('an empty command', 'name a program first');
  return argv.map(shellQuote).join(' ');
}
