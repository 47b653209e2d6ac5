import { CancellationScope, condition, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/activities.js';
import type { Inspection, Place } from '../../activities/recovery-activities.js';
import { looking } from '../activity-options.js';
import { parseIdent } from '../contract/names.js';
import type { RecoverInput } from '../contract/operations.js';
import type { Steps } from '../steps.js';
import { counted } from './backup.js';
import { acceptRights } from './accept-rights.js';
import { stageOf } from './stage.js';
import { installCharms } from './charms.js';
import { bringUp } from './bring-up.js';
import { gather } from './gather.js';
import { inLanes } from './lanes.js';
import {
  backUpNow,
  makeBackupAccount,
  makeBackupKey,
  scheduleBackups,
  targetNamed,
} from './install-backups.js';
import { RecoveredImages } from './recovered-images.js';
import { makeComposeReady, setUpHost } from './set-up.js';
import { type Taken, finish, inspectFirst, swapIn } from './staged.js';
import { type OpenOptions, withOpenMirror } from './take-back.js';
import { together } from './together.js';

const { pauseBackups, resumeBackups, withdrawPushKeys } = proxyActivities<Activities>(looking);

export const hostSteps = [
  { id: 'inspect', title: 'backup inspected' },
  { id: 'set-up', title: 'set up' },
  { id: 'hold', title: 'mirror held' },
  { id: 'key', title: 'restore key' },
  { id: 'docker', title: 'Docker' },
  { id: 'charms', title: 'charms' },
  { id: 'deploy', title: 'deployed' },
  { id: 'images', title: 'images' },
  { id: 'data', title: 'data' },
  { id: 'verify', title: 'verified' },
  { id: 'rights', title: 'rights of containers' },
  { id: 'swap', title: 'swapped in' },
  { id: 'databases', title: 'databases' },
  { id: 'services', title: 'services' },
  { id: 'probes', title: 'probes' },
  { id: 'packages', title: 'other packages' },
  { id: 'resume', title: 'backups resumed' },
  { id: 'withdraw', title: 'restore key withdrawn' },
];

const dumps = '/var/lib/myc-wf/backup/dumps';

/**
 * What a host's recovery takes: its deployment and its datastore, and the dumps, which stay in the stage. Other directories
 * of the mirror are taken one by one, with a path: to replace them all at once could take the new host with it.
 */
export const hostPlaces: Place[] = [
  { kind: 'settings', path: '/opt/apps/myc-deploy', destination: '/opt/apps/myc-deploy' },
  { kind: 'data', path: '/srv/datastore', destination: '/srv/datastore' },
];

export async function recoverHost(input: RecoverInput, steps: Steps, changed: string[]): Promise<void> {
  const { dryRun = false, unverified = false, source } = input;
  const taken: Taken = {
    ...{ input, target: source.target, ident: source.ident, unverified },
    ...{ places: hostPlaces, stopProject: true },
  };
  let nothingStands = false;
  await steps.run('inspect', async () => {
    const { line, empty } = await inspectFirst(taken);
    nothingStands = empty;
    return line;
  });
  await steps.run('set-up', () => setUpHost(input, 'set-up', changed));
  if (dryRun) {
    await steps.run('charms', () => installCharms(input, 'charms', changed));
    await steps.run('deploy', () => makeComposeReady(input, 'deploy', changed));
    for (const { id } of hostSteps.filter(
      ({ id }) => !['inspect', 'set-up', 'charms', 'deploy'].includes(id),
    ))
      steps.skip(id, 'dry run');
    return;
  }
  const backups = { ...stageOf(input, 'hold'), ...targetNamed(source.target), ident: source.ident };
  const { paused } = await pauseBackups(backups);
  const ready = { docker: false, account: false };
  const images = new RecoveredImages(input, changed);
  const opened: OpenOptions = {
    ...{ cancelRunning: true, packages: false },
    finished: () => finish(taken, 'withdraw'),
  };
  try {
    await together([
      // Changes nothing that a refusal would have to take back, and takes longest of what needs no mirror.
      async () => {
        await steps.run('docker', () =>
          makeComposeReady(input, 'docker', changed, stageOf, { part: 'docker' }),
        );
        ready.docker = true;
      },
      () => images.run(steps),
      () =>
        withOpenMirror(taken, steps, changed, opened, async (mirror) => {
          const { inspection, release, pastReturn } = mirror;
          const docker = () => condition(() => ready.docker);
          const plans = await gather(
            input,
            withDumps(taken, inspection),
            docker,
            mirror,
            images,
            steps,
            changed,
          );
          await acceptRights(input, plans.all, steps);
          await images.beforeSwap(nothingStands);
          // From here on forward only: what is left is to finish what stands in its place.
          await CancellationScope.nonCancellable(async () => {
            pastReturn();
            await steps.run('swap', () => swapIn(taken, 'swap'));
            images.swapped();
            await bringUp(input, inspection, plans, images, steps, changed);
            await inLanes(
              [
                () =>
                  steps
                    .run('resume', () =>
                      resume(taken, input, release, steps, changed, () => (ready.account = true)),
                    )
                    .finally(() => (ready.account = true)),
                // Its job holds the host, and the first backup, which takes longest, has to come to its own.
                async () => {
                  await condition(() => ready.account);
                  await steps.run('packages', () => makeComposeReady(input, 'packages', changed));
                },
              ],
              async (work) => (await work(), []),
            );
          });
        }),
    ]);
  } catch (error) {
    if (!images.noWayBack) await CancellationScope.nonCancellable(() => resumeBackups({ hosts: paused }));
    throw error;
  }
}

const withDumps = (taken: Taken, { manifest }: Inspection): Taken =>
  manifest === undefined || manifest.databases.length === 0
    ? taken
    : { ...taken, places: [...taken.places, { kind: 'data', path: dumps, destination: dumps }] };

/** The recovered host backs up under its own name, and whoever wrote the old mirror no longer can. */
async function resume(
  { target, ident }: Taken,
  input: RecoverInput,
  release: () => Promise<void>,
  steps: Steps,
  changed: string[],
  accountMade: () => void,
): Promise<string> {
  const own = parseIdent(input.host);
  const { withdrawn } = await withdrawPushKeys({
    ...stageOf(input, 'resume'),
    ...targetNamed(target),
    ident,
  });
  const { publicKey } = await makeBackupKey(input, target, own, 'resume', changed);
  const access = { publicKey: publicKey!, takeover: own === ident };
  await makeBackupAccount(input, target, own, access, 'resume', changed);
  accountMade();
  // Under its own name the backup may want the very mirror that is held.
  await release();
  const line = await backUpNow(input, own, steps, changed);
  await scheduleBackups(input, own, 'resume', changed);
  const keys = withdrawn === 0 ? '' : `; ${counted(withdrawn, 'old key')} of ${ident} withdrawn`;
  return `${line}${keys}`;
}
