import { condition, isCancellation, proxyActivities } from '@temporalio/workflow';
import type { Activities, ServicesPlan } from '../../activities/activities.js';
import { changing } from '../activity-options.js';
import { type ServiceName, parseServiceName } from '../contract/names.js';
import type { RecoverInput } from '../contract/operations.js';
import type { Steps } from '../steps.js';
import { installCharms } from './charms.js';
import { inLanes } from './lanes.js';
import { makeComposeReady } from './set-up.js';
import { stageOf } from './stage.js';
import { type Taken, pull, verify } from './staged.js';
import type { OpenMirror } from './take-back.js';
import { together } from './together.js';
import { ensureImages, planUp } from './up.js';

const { pullImage } = proxyActivities<Activities>(changing);

/** What the compose.yml that came back comes to. */
export interface GatheredPlans {
  all: ServicesPlan;
  /** As people read it. */
  line: string;
  /** Of the services whose databases were dumped; undefined when there are none. */
  databases: ServicesPlan | undefined;
}

/**
 * All that a recovery needs before it replaces anything, while Docker is being installed (`docker` ends then). Images take
 * longest, and one processor unpacks an image: those that the lost host ran, of which the manifest tells, begin at the moment
 * when Docker answers, and all else goes beside them.
 */
export async function gather(
  input: RecoverInput,
  taken: Taken,
  docker: () => Promise<void>,
  { open, inspection }: Pick<OpenMirror, 'open' | 'inspection'>,
  steps: Steps,
  changed: string[],
): Promise<GatheredPlans> {
  const ready = { settings: false, deployed: false };
  let plans!: GatheredPlans;
  await together([
    async () => {
      await docker();
      await steps.run('charms', () => installCharms(input, 'charms', changed));
      await steps.run('deploy', () =>
        makeComposeReady(input, 'deploy', changed, stageOf, { part: 'serving' }),
      );
      ready.deployed = true;
    },
    async () => {
      const user = await open();
      await docker();
      await steps.run('data', async () => {
        const first = { ...taken, places: taken.places.filter(({ kind }) => kind === 'settings') };
        await pull(first, user, inspection, 'data', steps);
        ready.settings = true;
        return pull(taken, user, inspection, 'data', steps);
      });
      await steps.run('verify', () => verify(taken, inspection, 'verify'));
    },
    () =>
      steps.run('images', async () => {
        const { images = [], databases = [] } = inspection.manifest ?? {};
        let early!: PulledImages;
        await together([
          async () => void (early = await pullAll(input, images)),
          async () => {
            await condition(() => ready.settings && ready.deployed);
            plans = await planned(input, databases.map(parseServiceName));
          },
        ]);
        // As of when it was planned, which may have been while they were pulled.
        const missing = plans.all.images.filter(({ image }) => !early.pulled.has(image));
        changed.push(...early.changed);
        const others: string[] = [];
        await ensureImages({ ...input, staged: true }, { ...plans.all, images: missing }, 'images', others);
        changed.push(...others);
        return [...early.changed, ...others].join(', ') || 'nothing to change';
      }),
  ]);
  return plans;
}

interface PulledImages {
  changed: string[];
  /** They are there. */
  pulled: Set<string>;
}

/** One that cannot be had may be needed no more; if it is, it fails again with the others that are missing. */
async function pullAll(input: RecoverInput, images: string[]): Promise<PulledImages> {
  const pulled = new Set<string>();
  const changed = await inLanes(images, async (image) => {
    try {
      const done = await pullImage({ ...stageOf(input, 'images'), image });
      pulled.add(image);
      return done.changed;
    } catch (error) {
      if (isCancellation(error)) throw error;
      return [];
    }
  });
  return { changed, pulled };
}

/** Both at once: hooks of the databases change nothing that the plan of the others is made of. */
async function planned({ operationId, host }: RecoverInput, services: ServiceName[]): Promise<GatheredPlans> {
  const staged = { operationId, host, staged: true };
  const [all, databases] = await Promise.all([
    planUp(staged, 'images'),
    services.length === 0 ? undefined : planUp({ ...staged, services }, 'images'),
  ]);
  return { all: all.plan, line: all.line, databases: databases?.plan };
}
