import type { OutputConfiguration } from 'commander';
import { printableText } from '../../workflows/contract/printable.js';

/**
 * Where the command line's own parser writes its help and what is wrong: it repeats words that were
 * pasted.
 */
export const helpOutput: OutputConfiguration = {
  writeOut: (text) => void process.stdout.write(printableText(text)),
  writeErr: (text) => void process.stderr.write(printableText(text)),
};
