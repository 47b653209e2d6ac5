import { condition, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../activities/activities.js';
import type { Inspection } from '../../activities/recovery-activities.js';
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
 * All that a recovery needs before it replaces anything, at once: packages, images and data. What the others wait for comes
 * first: Docker for the images, which take longest, and rsync for the data, whose first file is compose.yml.
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
  await together([
    async () => {
      await steps.run('docker', () =>
        makeComposeReady(input, 'docker', changed, stageOf, { part: 'docker' }),
      );
      docker = true;
      await steps.run('deploy', () => deploy(input, changed));
    },
    async () => {
      await condition(() => docker);
      const user = await open();
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
      await steps.run('images', () => images(input, changed));
    },
  ]);
}

export async function deploy(input: RecoverInput, changed: string[]): Promise<string> {
  const lines = [
    await installCharms(input, 'deploy', changed),
    await makeComposeReady(input, 'deploy', changed),
  ];
  return lines.filter((line) => line !== nothing).join(', ') || nothing;
}

const nothing = 'nothing to change';

async function images(input: RecoverInput, changed: string[]): Promise<string> {
  const stage = stageOf(input, 'images');
  const planned = await planStagedImages(stage);
  const done = await inLanes(planned.images, async (image) => (await pullImage({ ...stage, image })).changed);
  changed.push(...done);
  return done.join(', ') || nothing;
}
