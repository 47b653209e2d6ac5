import type { Config } from '../client/config/schema.js';
import {
  hostDestinations,
  parseDestination,
  parseListedDestination,
} from '../workflows/contract/destinations.js';
import { parseAbsolutePath } from '../workflows/contract/names.js';
import { destinationHoldsData, destinationRefused, destinationUsed } from './backup-failures.js';
import type { StageContext } from './converge.js';
import { jobFailed, lookFailed } from './failures.js';
import type { SwapInput } from './recovery-activities.js';
import { runJob } from './run-job.js';
import { readFile } from 'node:fs/promises';
import { stageFolder } from './stage-folder.js';

const script = new URL('scripts/swap.sh', import.meta.url);

/** The lines that the script reads; BadInput for a place that is none. */
const placesOf = ({ places, stopProject }: SwapInput, listed: readonly string[]): string =>
  places
    .map(({ kind, path, destination }) => {
      const whole = stopProject && hostDestinations.includes(destination);
      const place = whole ? destination : parseDestination(destination, listed);
      return `${kind}\t${parseAbsolutePath(path)}\t${place}\n`;
    })
    .join('');

/** As they were when they were swapped, whatever the configuration lists by now. */
const placesThatStand = ({ places }: SwapInput): string =>
  places
    .map(
      ({ kind, path, destination }) =>
        `${kind}\t${parseAbsolutePath(path)}\t${parseAbsolutePath(destination)}\n`,
    )
    .join('');

const listedIn = (config: Config): string[] =>
  (config['recover-destinations'] ?? []).map(parseListedDestination);

const words = (command: string, input: SwapInput): string[] => [
  ...[command, stageFolder(input), input.operationId, input.stopProject ? 'myc' : '-'],
  input.mayReplace ? 'yes' : 'no',
];

export async function checkDestination(
  { remote, signal }: StageContext,
  input: SwapInput,
  config: Config,
): Promise<{ empty: boolean }> {
  const stdin = placesOf(input, listedIn(config));
  // Its result goes to where a job's would, were it one: here that is standard output.
  const argv = ['env', 'MYC_RESULT=/dev/stdout', 'bash', '-c', await readFile(script, 'utf8'), 'swap.sh'];
  const { exit, stdout, stderr } = await remote.exec([...argv, ...words('look', input)], { signal, stdin });
  failWhereRefused(input.host, exit, stdout);
  if (exit !== 0) throw lookFailed(input.host, stderr);
  return { empty: stdout.trim() === 'empty' };
}

export async function swapData(context: StageContext, input: SwapInput, config: Config): Promise<void> {
  await changePlaces(context, input, 'swap', placesOf(input, listedIn(config)));
}

export async function finishRestore(context: StageContext, input: SwapInput): Promise<void> {
  await changePlaces(context, input, 'finish', placesThatStand(input));
}

async function changePlaces(
  { remote, onProgress, signal }: StageContext,
  input: SwapInput,
  command: string,
  places: string,
): Promise<void> {
  const { host, operationId, step } = input;
  const job = { operationId, step, script: 'swap', args: words(command, input), input: places };
  const { exit, result, lastLines } = await runJob(remote, job, onProgress, signal);
  failWhereRefused(host, exit, result);
  if (exit !== 0) throw jobFailed({ host, step, exit, lastLines });
}

/** The script's exit codes for a destination; what it says names files of the host. */
function failWhereRefused(host: string, exit: number | null, said: string): void {
  const why = said.replace(/\p{Cc}/gu, '?');
  if (exit === 21) throw destinationHoldsData(host, why);
  if (exit === 22) throw destinationRefused(host, why);
  if (exit === 23) throw destinationUsed(host, why);
}
