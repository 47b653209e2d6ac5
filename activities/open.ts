import { ApplicationFailure } from '@temporalio/common';
import type { ReadConfig } from '../client/config/watch.js';
import type { Activities } from './activities.js';
import { remotesPool } from './adapters/remote/remotes.js';
import { configurationBroken } from './failures.js';
import { createActivities } from './index.js';
import { loginsOf } from './logins.js';

/** The worker's activities with their connections; `close` ends these, and with them the process may end. */
export function openActivities(read: ReadConfig): { activities: Activities; close: () => Promise<void> } {
  const config: ReadConfig = () =>
    read().catch((error: unknown) => {
      throw error instanceof Error && !(error instanceof ApplicationFailure)
        ? configurationBroken(error)
        : error;
    });
  const remotes = remotesPool(loginsOf(config));
  return { activities: createActivities({ config, remotes }), close: () => remotes.close() };
}
