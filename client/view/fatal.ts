import { printableText } from '../../workflows/contract/printable.js';

/** A fault of this program: its stack is wanted, and may hold what a host said. */
export function exitOnFault(exitCode: number): void {
  process.on('uncaughtException', (error: unknown) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${printableText(text)}\n`);
    process.exit(exitCode);
  });
}
