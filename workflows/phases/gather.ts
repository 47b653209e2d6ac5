import { condition, isCancellation, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/activities.js';
import { changing, looking } from '../activity-options.js';
import type { RecoverInput } from '../contract/operations.js';
import type { Steps } from '../steps.js';
import { installCharms } from './charms.js';
import { inLanes } from './lanes.js';
import { makeComposeReady } from './set-up.js';
import { stageOf } from './stage.js';
import { type Taken, pull, verify } from './staged.js';
import type { OpenMirror } from './take-back.js';
import { together } from './together.js';

const { planStagedImages } = proxyActivities<Activities>(looking);
const { pullImage } = proxyActivities<Activities>(changing);

/**
 * All that a recovery needs before it replaces anything. The restore key brings rsync, and so the data come while Docker is
 * installed, which leaves the disk and a processor idle; images, which take longest, then have both. compose.yml is the first file.
 */
export async function gather(
  input: RecoverInput,
  taken: Taken,
  { open, inspection }: Pick<OpenMirror, 'open' | 'inspection'>,
  steps: Steps,
  changed: string[],
): Promise<void> {
  let docker = false;
  let settings = false;
  const user = await open();
  await together([
    async () => {
      await steps.run('docker', () =>
        makeComposeReady(input, 'docker', changed, stageOf, { part: 'docker' }),
      );
      docker = true;
      await steps.run('charms', () => installCharms(input, 'charms', changed));
      await steps.run('deploy', () =>
        makeComposeReady(input, 'deploy', changed, stageOf, { part: 'serving' }),
      );
    },
    async () => {
      await steps.run('data', async () => {
        const first = { ...taken, places: taken.places.filter(({ kind }) => kind === 'settings') };
        await pull(first, user, inspection, 'data', steps);
        settings = true;
        return pull(taken, user, inspection, 'data', steps);
      });
      await steps.run('verify', () => verify(taken, inspection, 'verify'));
    },
    async () => {
      await condition(() => docker);
      await steps.run('images', async () => {
        const early = await pulled(input, changed, inspection.manifest?.images ?? []);
        await condition(() => settings);
        return [...early, ...(await staged(input, changed))].join(', ') || nothing;
      });
    },
  ]);
}

const nothing = 'nothing to change';

/** What the old host ran. One that cannot be had may be needed no more: if it is, it fails again below. */
async function pulled(input: RecoverInput, changed: string[], images: string[]): Promise<string[]> {
  const done = await inLanes(images, async (image) => {
    try {
      return (await pullImage({ ...stageOf(input, 'images'), image })).changed;
    } catch (error) {
      if (isCancellation(error)) throw error;
      return [];
    }
  });
  changed.push(...done);
  return done;
}

/** What the compose.yml that came back needs besides. */
async function staged(input: RecoverInput, changed: string[]): Promise<string[]> {
  const stage = stageOf(input, 'images');
  const planned = await planStagedImages(stage);
  const done = await inLanes(planned.images, async (image) => (await pullImage({ ...stage, image })).changed);
  changed.push(...done);
  return done;
}
