import { condition, proxyActivities } from '@temporalio/workflow';
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
 * installed, which leaves the disk and a processor idle; images, which take longest, then have both. Their names are in the first file.
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
      await condition(() => docker && settings);
      await steps.run('images', async () => {
        const stage = stageOf(input, 'images');
        const { images } = await planStagedImages(stage);
        const done = await inLanes(images, async (image) => (await pullImage({ ...stage, image })).changed);
        changed.push(...done);
        return done.join(', ') || 'nothing to change';
      });
    },
  ]);
}
