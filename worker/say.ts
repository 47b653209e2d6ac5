import { printableText } from '../workflows/contract/printable.js';

/** A line for who sits at this program, where it keeps no log. */
export const sayOnTerminal = (line: string): void => void process.stderr.write(`${printableText(line)}\n`);
