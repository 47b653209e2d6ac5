import type { Streams, TerminalSize } from '../../activities/adapters/remote/terminal.js';
import { parseHostName } from '../../workflows/contract/names.js';
import type { Context } from '../context.js';
import { usage } from '../errors.js';
import type { ExitCode } from '../exit-codes.js';
import { composeArgv } from '../host-scripts.js';
import { hostWith } from './compose-reads.js';

type Standard = Pick<typeof process, 'stdin' | 'stdout' | 'stderr'>;

/**
 * `compose HOST run …`: docker compose run with the rest of the line as it is, at a terminal when this is one. The exit code
 * is the container's.
 */
export async function runService(
  context: Context,
  word: string,
  words: readonly string[],
  standard: Standard = process,
): Promise<ExitCode> {
  const host = parseHostName(word);
  if (words.length === 0)
    throw usage('run without a service', `myc-wf compose ${host} run --rm --use-aliases SERVICE [COMMAND…]`);
  await hostWith(context, host, []);
  const { stdin, stdout } = standard;
  const sits = stdin.isTTY && stdout.isTTY;
  const remote = await (await context.hosts()).terminal(host);
  const argv = composeArgv('run', ...(sits ? [] : ['-T']), ...words);
  const streams: Streams = { ...standard, ...(sits ? { terminal: terminalOf(standard) } : {}) };
  // Ctrl-C and the like are for the command, not for this program.
  if (sits) stdin.setRawMode(true);
  try {
    return (await remote.attach(argv, streams)) as ExitCode;
  } finally {
    if (sits) stdin.setRawMode(false);
  }
}

const terminalOf = ({ stdout }: Standard): TerminalSize => ({
  term: process.env['TERM'] ?? 'xterm-256color',
  size: () => ({ columns: stdout.columns, rows: stdout.rows }),
  onResize: (listener) => {
    stdout.on('resize', listener);
    return () => void stdout.off('resize', listener);
  },
});
