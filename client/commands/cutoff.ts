import { cutoffState } from '../../activities/cutoff.js';
import { parseHostName } from '../../workflows/contract/names.js';
import type { Context } from '../context.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';

/** `cutoff status HOST`: 1 when ports are written down and the rules do not hold. */
export async function cutoffStatus(context: Context, word: string): Promise<ExitCode> {
  const host = parseHostName(word);
  const remote = await (await context.hosts()).host(host);
  const state = await cutoffState(remote, host, context.signal);
  const { ports, uncovered, holds } = state;
  const lines = [
    ports.length === 0 ? `nothing is cut off on ${host}` : `cut off: ${ports.join(', ')}`,
    ...(holds ? [] : [`the rules do not hold: myc-wf start cutoff ${host} ${ports.join(' ')}`]),
    ...(ports.length === 0 ? [] : uncovered.map((name) => `not covered, on the host's network: ${name}`)),
  ];
  context.output.result(state, lines.join('\n'));
  return holds ? exitCodes.done : exitCodes.failed;
}
