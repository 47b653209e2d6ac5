import { stopUp } from '../../worker/stop-up.js';
import type { Context } from '../context.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { dataDirectory } from '../temporal-settings.js';

/** Ends `up` of this data directory, worker and server; what they did on hosts goes on there, and is gone on with at the next. */
export async function down(context: Context): Promise<ExitCode> {
  const directory = dataDirectory((await context.config()).config);
  const stopped = await stopUp(directory);
  const text = stopped ? 'stopped' : `no myc-wf up runs in ${directory}`;
  context.output.result({ stopped, directory }, text);
  return exitCodes.done;
}
