import { Context } from '@temporalio/activity';
import type { ReadConfig } from '../client/config/watch.js';
import type { Activities, StageInput } from './activities.js';
import { readCharmRepositories } from './charm-repositories.js';
import { charmSources } from './charm-sources.js';
import { installCharms } from './charm-store.js';
import { composeAction } from './compose-action.js';
import { composeUp } from './compose-up.js';
import type { StageContext } from './converge.js';
import { ensureCutoff } from './cutoff.js';
import { accepting } from './failures.js';
import { planServices } from './plan-services.js';
import { probeServices } from './probe-services.js';
import { ensureImage, pullImage, runHooks } from './service-jobs.js';
import { refreshImages, upgradePackages } from './update.js';

type ServiceActivities = Pick<
  Activities,
  | 'ensureCharmsInstalled'
  | 'planServices'
  | 'pullImage'
  | 'ensureImage'
  | 'runHooks'
  | 'composeUp'
  | 'composeAction'
  | 'upgradePackages'
  | 'refreshImages'
  | 'ensureCutoff'
  | 'probeServices'
>;

/** The verbs on a host's charms and services. */
export function serviceActivities(
  config: ReadConfig,
  stage: (input: StageInput) => Promise<StageContext>,
): ServiceActivities {
  // Read at each use: a charm that is corrected counts at once.
  const repositories = async () => {
    const { 'charm-repositories': configured } = await config();
    return readCharmRepositories(await beating(charmSources(configured)));
  };
  return {
    ensureCharmsInstalled: accepting(async (input) =>
      installCharms(await stage(input), input, await repositories()),
    ),
    planServices: accepting(async (input) => planServices(await stage(input), input, await repositories())),
    pullImage: accepting(async (input) => pullImage(await stage(input), input)),
    ensureImage: accepting(async (input) => ensureImage(await stage(input), input, await repositories())),
    runHooks: accepting(async (input) => runHooks(await stage(input), input, await repositories())),
    composeUp: accepting(async (input) => composeUp(await stage(input), input, await repositories())),
    composeAction: accepting(async (input) => composeAction(await stage(input), input)),
    upgradePackages: accepting(async (input) => upgradePackages(await stage(input), input)),
    refreshImages: accepting(async (input) => refreshImages(await stage(input), input, await repositories())),
    ensureCutoff: accepting(async (input) => ensureCutoff(await stage(input), input)),
    probeServices: accepting(async (input) => probeServices(await stage(input), input, await repositories())),
  };
}

/** A first fetch from a Git server takes longer than a worker may be silent. */
async function beating<T>(work: Promise<T>): Promise<T> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat({ step: 'charms', phase: 'fetching charms' }), 5000);
  try {
    return await work;
  } finally {
    clearInterval(beat);
  }
}
