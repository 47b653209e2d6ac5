import { CancellationScope, proxyActivities } from '@temporalio/workflow';
import type { Activities, ServicesPlan } from '../../activities/activities.js';
import type { Inspection, Place } from '../../activities/recovery-activities.js';
import { looking, transferring } from '../activity-options.js';
import { parseIdent, parseServiceName } from '../contract/names.js';
import type { RecoverInput } from '../contract/operations.js';
import type { Steps } from '../steps.js';
import { counted } from './backup.js';
import { stageOf } from './stage.js';
import { installCharms } from './charms.js';
import { gather } from './gather.js';
import { inLanes } from './lanes.js';
import {
  backUpNow,
  makeBackupAccount,
  makeBackupKey,
  scheduleBackups,
  targetNamed,
} from './install-backups.js';
import { makeComposeReady, setUpHost } from './set-up.js';
import { type Taken, finish, inspectFirst, swapIn } from './staged.js';
import { withOpenMirror } from './take-back.js';
import { ensureImages, planUp, probe, runHooksBefore, startServices } from './up.js';

const { pauseBackups, resumeBackups, withdrawPushKeys } = proxyActivities<Activities>(looking);
const { restoreDatabases } = proxyActivities<Activities>(transferring);

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
  await steps.run('inspect', () => inspectFirst(taken));
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
  let swapped = false;
  try {
    await withOpenMirror(
      taken,
      steps,
      changed,
      { cancelRunning: true, finished: () => finish(taken, 'withdraw') },
      async ({ open, inspection, release, pastReturn }) => {
        await gather(input, withDumps(taken, inspection), { open, inspection }, steps, changed);
        // From here on forward only: what is left is to finish what stands in its place.
        await CancellationScope.nonCancellable(async () => {
          pastReturn();
          swapped = true;
          await steps.run('swap', () => swapIn(taken, 'swap'));
          await bringUp(input, inspection, steps, changed);
          await inLanes(
            [
              () => steps.run('resume', () => resume(taken, input, release, steps, changed)),
              () => steps.run('packages', () => makeComposeReady(input, 'packages', changed)),
            ],
            async (work) => (await work(), []),
          );
        });
      },
    );
  } catch (error) {
    if (!swapped) await CancellationScope.nonCancellable(() => resumeBackups({ hosts: paused }));
    throw error;
  }
}

const withDumps = (taken: Taken, { manifest }: Inspection): Taken =>
  manifest === undefined || manifest.databases.length === 0
    ? taken
    : { ...taken, places: [...taken.places, { kind: 'data', path: dumps, destination: dumps }] };

async function bringUp(
  input: RecoverInput,
  { manifest }: Inspection,
  steps: Steps,
  changed: string[],
): Promise<void> {
  const { operationId, host } = input;
  const up = { operationId, host };
  const databases = (manifest?.databases ?? []).map(parseServiceName);
  // Planned together: hooks of the databases change nothing that the plan of the others is made of.
  const all = planUp(up, 'services');
  if (manifest === undefined || databases.length === 0) steps.skip('databases', 'the backup has none');
  else
    await steps.run('databases', async () => {
      const first = { ...up, services: databases };
      const [{ plan }] = await Promise.all([planUp(first, 'databases'), all]);
      await start(first, plan, 'databases', changed);
      const backup = { ident: parseIdent(input.source.ident), backupId: manifest.operationId };
      const restored = await restoreDatabases({
        ...stageOf(input, 'databases'),
        ...backup,
        services: databases,
      });
      return `${counted(restored.databases, 'database')} of ${databases.join(', ')}`;
    });
  await steps.run('services', async () => {
    const { plan, line } = await all;
    await start(up, plan, 'services', changed);
    return line;
  });
  await steps.run('probes', async () => probe(up, (await all).plan, 'probes'));
}

async function start(
  up: Parameters<typeof planUp>[0],
  plan: ServicesPlan,
  step: string,
  changed: string[],
): Promise<void> {
  await ensureImages(up, plan, step, changed);
  await runHooksBefore(up, plan, step);
  await startServices(up, plan, step, changed);
}

/** The recovered host backs up under its own name, and whoever wrote the old mirror no longer can. */
async function resume(
  { target, ident }: Taken,
  input: RecoverInput,
  release: () => Promise<void>,
  steps: Steps,
  changed: string[],
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
  // Under its own name the backup may want the very mirror that is held.
  await release();
  const line = await backUpNow(input, own, steps, changed);
  await scheduleBackups(input, own, 'resume', changed);
  const keys = withdrawn === 0 ? '' : `; ${counted(withdrawn, 'old key')} of ${ident} withdrawn`;
  return `${line}${keys}`;
}
