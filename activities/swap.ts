import { BadInput, shown } from '../workflows/contract/bad-input.js';
import { type AbsolutePath, parseAbsolutePath } from '../workflows/contract/names.js';
import { destinationHoldsData } from './backup-failures.js';
import type { StageContext } from './converge.js';
import { jobFailed, lookFailed } from './failures.js';
import type { SwapInput } from './recovery-activities.js';
import { runJob } from './run-job.js';
import { readFile } from 'node:fs/promises';
import { stageFolder } from './stage-folder.js';

const script = new URL('scripts/swap.sh', import.meta.url);
/** Of every system: a tree that is put in such a place as a whole would take the host with it. */
const system =
  /^\/(?:bin|boot|dev|etc|home|lib|lib32|lib64|media|mnt|opt|proc|root|run|sbin|srv|sys|tmp|usr|var|var\/lib|var\/lib\/(?:docker|myc-wf)|opt\/apps)?$/;

const places = ({ places }: SwapInput): string =>
  places
    .map(({ kind, path, destination }) => `${kind}\t${parseAbsolutePath(path)}\t${placeOf(destination)}\n`)
    .join('');

function placeOf(destination: string): AbsolutePath {
  const place = parseAbsolutePath(destination);
  if (
    system.test(place) ||
    place.startsWith('/proc/') ||
    place.startsWith('/sys/') ||
    place.startsWith('/dev/')
  )
    throw new BadInput(`${shown(place)} cannot be replaced as a whole`, 'name a directory below it');
  return place;
}

const words = (command: string, input: SwapInput): string[] => [
  ...[command, stageFolder(input), input.operationId, input.stopProject ? 'myc' : '-'],
  input.mayReplace ? 'yes' : 'no',
];

export async function checkDestination(
  { remote, signal }: StageContext,
  input: SwapInput,
): Promise<{ empty: boolean }> {
  // Its result goes to where a job's would, were it one: here that is standard output.
  const argv = ['env', 'MYC_RESULT=/dev/stdout', 'bash', '-c', await readFile(script, 'utf8'), 'swap.sh'];
  const { exit, stdout, stderr } = await remote.exec([...argv, ...words('look', input)], {
    signal,
    stdin: places(input),
  });
  if (exit === 21) throw destinationHoldsData(input.host, inOneLine(stdout));
  if (exit !== 0) throw lookFailed(input.host, stderr);
  return { empty: stdout.trim() === 'empty' };
}

export async function swapData(context: StageContext, input: SwapInput): Promise<void> {
  await changing(context, input, 'swap');
}

export async function finishRestore(context: StageContext, input: SwapInput): Promise<void> {
  await changing(context, input, 'finish');
}

async function changing({ remote, onProgress, signal }: StageContext, input: SwapInput, command: string) {
  const { host, operationId, step } = input;
  const job = { operationId, step, script: 'swap', args: words(command, input), input: places(input) };
  const { exit, result, lastLines } = await runJob(remote, job, onProgress, signal);
  if (exit === 21) throw destinationHoldsData(host, inOneLine(result));
  if (exit !== 0) throw jobFailed({ host, step, exit, lastLines });
}

/** It names a file of the host's. */
const inOneLine = (text: string): string => text.replace(/\p{Cc}/gu, '?');
