import { Context } from '@temporalio/activity';
import type { ReadConfig } from '../client/config/watch.js';
import { parseDomainName } from '../workflows/contract/names.js';
import { actionActivities } from './actions.js';
import type { Activities, ComposeReadyInput, HostSetUpInput, StageInput } from './activities.js';
import type { Remotes } from './adapters/remote/remote.js';
import type { BackupSchedules } from './backup-schedules.js';
import { backupActivities } from './backups.js';
import type { ControlPlane } from './claim.js';
import { composeReadyState, setUpState } from './commands/host-states.js';
import { type StageContext, converge } from './converge.js';
import { accepting } from './failures.js';
import { requireMailcow } from './mailcow.js';
import { recoveryActivities } from './recovery.js';
import { serviceActivities } from './services.js';
import { stageOpener } from './stage-opener.js';

export interface ActivityDependencies {
  /** The worker's configuration is the authority on hosts and secrets; inputs only name them. */
  config: ReadConfig;
  /** Closed by who made it, once the worker has ended: an open connection keeps the process alive. */
  remotes: Remotes;
  schedules: BackupSchedules;
  controlPlane: () => Promise<ControlPlane>;
}

/** The composition of the worker's verbs; every input is parsed again, since a brand does not survive JSON. */
export function createActivities({
  config,
  remotes,
  schedules,
  controlPlane,
}: ActivityDependencies): Activities {
  const begin = stageOpener({ remotes, controlPlane });
  const stage = (input: StageInput): Promise<StageContext> => begin(Context.current(), input);

  const signal = () => Context.current().cancellationSignal;
  const backups = { config, remotes, schedules, stage, signal };
  return {
    ensureHostSetUp: accepting(async (input: HostSetUpInput) => {
      const domain = input.domain === undefined ? undefined : parseDomainName(input.domain);
      return converge(await stage(input), input, setUpState(await config(), domain));
    }),
    ensureComposeReady: accepting(async (input: ComposeReadyInput) => {
      const context = await stage(input);
      if (input.noDockerRestart) await requireMailcow(context.remote, input.host);
      return converge(context, input, composeReadyState(await config(), input));
    }),
    ...backupActivities(backups),
    ...recoveryActivities(backups),
    ...serviceActivities(config, stage),
    ...actionActivities(stage),
  };
}
