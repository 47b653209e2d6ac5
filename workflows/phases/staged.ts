import { ApplicationFailure, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/activities.js';
import type { Inspection, Place, SourceInput } from '../../activities/recovery-activities.js';
import { changing, looking, transferring, walking } from '../activity-options.js';
import { bytesText, durationText } from '../contract/amounts.js';
import type { BackupTarget } from '../contract/addresses.js';
import type { Ident } from '../contract/names.js';
import type { OperationInput } from '../contract/operations.js';
import { type Steps, failureType, rootMessage } from '../steps.js';
import { counted } from './backup.js';
import { firstStageOf, stageOf } from './stage.js';
import { targetNamed } from './install-backups.js';
import { told } from './told.js';

const { checkDestination, requestRestoreKey, withdrawRestoreKey } = proxyActivities<Activities>(looking);
const { inspectBackup } = proxyActivities<Activities>(walking);
const { ensureStage } = proxyActivities<Activities>(changing);
const { pullBackup, verifyStage, swapData, finishRestore, discardStage } =
  proxyActivities<Activities>(transferring);

/** What a recovery takes, and where it goes. */
export interface Taken {
  input: OperationInput;
  target: BackupTarget;
  ident: Ident;
  places: Place[];
  /** Whether services use what is replaced. */
  stopProject: boolean;
  unverified: boolean;
}

/** Left on the mirror's side by what is taken itself. */
const records = ['/var/lib/myc-wf/backup/manifest.json', '/var/lib/myc-wf/backup/files.sha256'];

const source = ({ input, target, ident, unverified }: Taken, step: string, stage = stageOf): SourceInput => ({
  ...stage(input, step),
  ...targetNamed(target),
  ident,
  unverified,
});

const swap = ({ input, places, stopProject }: Taken, step: string, stage = stageOf) => ({
  ...{ ...stage(input, step), places, stopProject },
  mayReplace: input.yes ?? false,
});

export const inspect = (taken: Taken, step: string, stage = stageOf): Promise<Inspection> =>
  inspectBackup(source(taken, step, stage));

/** Step `inspect`: what the mirror holds, and whether its places may be taken. Nothing is pulled for one that may not be replaced. */
export async function inspectFirst(taken: Taken): Promise<{ line: string; empty: boolean }> {
  const looks = [inspect(taken, 'inspect', firstStageOf), checkPlaces(taken, 'inspect')] as const;
  const [inspection, { empty }] = await Promise.all(looks);
  return { line: inspectedText(inspection), empty };
}

function inspectedText({ files, bytes, manifest, changedSince }: Inspection): string {
  if (manifest === undefined)
    return `${counted(files, 'file')}, ${bytesText(bytes)}, no manifest, taken unverified`;
  const { services, completedAt, volatile } = manifest;
  return [
    ...(services.length === 0 ? [] : [`compose host, ${counted(services.length, 'service')}`]),
    bytesText(bytes),
    `synced ${durationText(Date.now() - Date.parse(completedAt))} ago`,
    'manifest complete',
    ...(volatile === 0 ? [] : [`${counted(volatile, 'file')} kept changing`]),
    ...(changedSince ? ['written to since, which the check of the files will judge'] : []),
  ].join(', ');
}

const checkPlaces = (taken: Taken, step: string): Promise<{ empty: boolean }> =>
  checkDestination(swap(taken, step, firstStageOf));

/** A key of this recovery's own, which may read this mirror only, and its account there. */
export async function openMirror(
  taken: Taken,
  step: string,
  changed: string[],
  keyMade: (publicKey: string) => void,
  packages: boolean,
): Promise<{ user: string; line: string }> {
  const made = await ensureStage({ ...source(taken, step), packages });
  const line = told(made, false, changed);
  const { publicKey } = made;
  if (publicKey === undefined) throw ApplicationFailure.nonRetryable('no key was made', 'NoKey');
  // Told before it is asked for: an answer that gets lost would leave a key nobody withdraws.
  keyMade(publicKey);
  const { user } = await requestRestoreKey({ ...source(taken, step), publicKey });
  return { user, line: `${user} may read ${taken.ident}${line === 'nothing to change' ? '' : `, ${line}`}` };
}

/** A full disk and a target that is away wait for a person: what is there already is gone on with. */
export async function pull(
  taken: Taken,
  user: string,
  { bytes }: Inspection,
  step: string,
  steps: Steps,
): Promise<string> {
  const paths = [...taken.places.map(({ path }) => path), ...records];
  for (let round = 1; ; round += 1)
    try {
      const done = await pullBackup({ ...source(taken, step), user, paths, totalBytes: bytes, round });
      return `${counted(done.files, 'file')}, ${bytesText(done.bytes)}`;
    } catch (error) {
      if (!['DiskFull', 'TargetUnreachable'].includes(failureType(error) ?? '')) throw error;
      const text = `${rootMessage(error).split('\n')[0]}; retry goes on, no ends the recovery`;
      if ((await steps.ask({ step, text, answers: ['retry', 'no'] })) === 'no') throw error;
    }
}

export async function verify(
  taken: Taken,
  { manifest }: Inspection,
  step: string,
  changed: string[],
): Promise<string> {
  const paths = taken.places.map(({ path }) => path);
  const destinations = taken.places.map(({ destination }) => destination);
  const listing = manifest === undefined ? {} : { listing: manifest.listing };
  const { files, leaving } = await verifyStage({
    ...stageOf(taken.input, step),
    ...{ paths, destinations },
    ...listing,
  });

  const line =
    manifest === undefined
      ? `nothing reaches out of ${counted(files, 'file')}`
      : `${counted(files, 'file')} as listed`;
  if (leaving === undefined || leaving.count === 0) return line;
  changed.push(`${leadingOut(leaving)}; they came back as they are`);
  return `${line}; warning: ${leadingOut({ ...leaving, names: leaving.names.slice(0, 3) })}`;
}

function leadingOut({ count, names }: { count: number; names: string[] }): string {
  const more = count > names.length ? ` and ${count - names.length} more` : '';
  return `${counted(count, 'link')} in data ${count === 1 ? 'leads' : 'lead'} out of ${count === 1 ? 'its' : 'their'} folder: ${names.join(', ')}${more}`;
}

export async function swapIn(taken: Taken, step: string): Promise<string> {
  await swapData(swap(taken, step));
  return taken.places.map(({ destination }) => destination).join(', ');
}

/** The old trees and the stage, with the private half of the key, go. */
export const finish = (taken: Taken, step: string): Promise<void> => finishRestore(swap(taken, step));

export const discard = (taken: Taken, step: string): Promise<void> =>
  discardStage(stageOf(taken.input, step));

export const withdrawKey = (taken: Taken, publicKey: string, step: string): Promise<void> =>
  withdrawRestoreKey({ ...source(taken, step), publicKey });
