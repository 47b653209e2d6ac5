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
import { together } from './together.js';

const { planStagedImages } = proxyActivities<Activities>(looking);
const { pullImage } = proxyActivities<Activities>(changing);

/**
 * All that a recovery needs before it replaces anything, at once: packages, images and data. Docker comes before the other
 * packages and compose.yml before the other files, since the images wait for these two and take longest.
 */
export async function gather(
  input: RecoverInput,
  taken: Taken,
  { user, inspection }: { user: string; inspection: Inspection },
  steps: Steps,
  changed: string[],
): Promise<void> {
  let docker = false;
  let settings = false;
  await together([
    () => steps.run('deploy', () => deploy(input, changed, () => (docker = true))),
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
      await steps.run('images', () => images(input, changed));
    },
  ]);
}

/** `dockerReady` is called as soon as images can be pulled. */
export async function deploy(
  input: RecoverInput,
  changed: string[],
  dockerReady?: () => void,
): Promise<string> {
  const lines: string[] = [];
  if (dockerReady !== undefined) {
    lines.push(await makeComposeReady(input, 'deploy', changed, stageOf, { part: 'docker' }));
    dockerReady();
  }
  lines.push(await makeComposeReady(input, 'deploy', changed), await installCharms(input, 'deploy', changed));
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
