import { condition } from '@temporalio/workflow';
import type { ServicesPlan } from '../../activities/activities.js';
import { type ServiceName, parseServiceName } from '../contract/names.js';
import type { RecoverInput } from '../contract/operations.js';
import type { Steps } from '../steps.js';
import { installCharms } from './charms.js';
import type { RecoveredImages } from './recovered-images.js';
import { makeComposeReady } from './set-up.js';
import { stageOf } from './stage.js';
import { type Taken, pull, verify } from './staged.js';
import type { OpenMirror } from './take-back.js';
import { together } from './together.js';
import { planUp } from './up.js';

/** What the compose.yml that came back comes to. */
export interface GatheredPlans {
  all: ServicesPlan;
  /** As people read it. */
  line: string;
  /** Of the services whose databases were dumped; undefined when there are none. */
  databases: ServicesPlan | undefined;
}

/** All that a recovery needs before it replaces anything, but for its images, while Docker is being installed (`docker` ends then). */
export async function gather(
  input: RecoverInput,
  taken: Taken,
  docker: () => Promise<void>,
  { open, inspection }: Pick<OpenMirror, 'open' | 'inspection'>,
  images: RecoveredImages,
  steps: Steps,
  changed: string[],
): Promise<GatheredPlans> {
  const ready = { settings: false, deployed: false };
  let plans!: GatheredPlans;
  images.inspected(inspection);
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
        // Images that the manifest does not name are known only by what says what the services are: it goes first.
        if (inspection.manifest === undefined || inspection.manifest.images.length === 0) {
          const first = { ...taken, places: taken.places.filter(({ kind }) => kind === 'settings') };
          await pull(first, user, inspection, 'data', steps);
          ready.settings = true;
        }
        const line = await pull(taken, user, inspection, 'data', steps);
        ready.settings = true;
        return line;
      });
      await steps.run('verify', () => verify(taken, inspection, 'verify', changed));
    },
    async () => {
      await condition(() => ready.settings && ready.deployed);
      plans = await planned(input, (inspection.manifest?.databases ?? []).map(parseServiceName));
      images.planned(plans);
    },
  ]);
  return plans;
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
