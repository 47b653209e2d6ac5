import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { ReadConfig } from '../client/config/watch.js';
import type { Activities } from './activities.js';
import { remotesPool } from './adapters/remote/remotes.js';
import type { ControlPlane } from './claim.js';
import { configurationBroken } from './failures.js';
import { createActivities } from './index.js';
import { loginsOf } from './logins.js';
import { backupSchedules } from '../worker/backup-schedules.js';

/** The worker's activities with their connections; `close` ends these, and with them the process may end. */
export function openActivities(
  read: ReadConfig,
  controlPlane: () => Promise<ControlPlane>,
): { activities: Activities; close: () => Promise<void> } {
  const config: ReadConfig = () =>
    read().catch((error: unknown) => {
      throw error instanceof Error && !(error instanceof ApplicationFailure)
        ? configurationBroken(error)
        : error;
    });
  const remotes = remotesPool(loginsOf(config, controlPlane));
  const schedules = backupSchedules((work) => withClient(config, work));
  return {
    activities: createActivities({ config, remotes, schedules, controlPlane }),
    close: () => remotes.close(),
  };
}

/** Of the Temporal that the configuration names, and closed again: the worker's own connection is not for this. */
async function withClient<T>(config: ReadConfig, work: (client: Client) => Promise<T>): Promise<T> {
  const { connect } = await import('../client/connect.js');
  const temporal = await connect(await config());
  try {
    return await work(temporal.client);
  } finally {
    await temporal.close();
  }
}
