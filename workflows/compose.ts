import { proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/activities.js';
import { changing } from './activity-options.js';
import { parseComposeAction } from './contract/compose-actions.js';
import { parseHostName, parseOperationId, parseServiceName } from './contract/names.js';
import type { ComposeInput, OperationResult } from './contract/operations.js';
import { firstStageOf } from './phases/stage.js';
import { summed, told } from './phases/told.js';
import { Steps, accepting } from './steps.js';

const { composeAction } = proxyActivities<Activities>(changing);

const done = {
  down: 'down',
  stop: 'stopped',
  start: 'started',
  restart: 'restarted',
  create: 'created',
};

/** `compose HOST down|stop|start|restart|create [SERVICE…]`: docker compose's own, as one named job. Runs under `host/<name>`. */
export async function compose(input: ComposeInput): Promise<OperationResult> {
  const host = accepting(() => parseHostName(input.host));
  accepting(() => parseOperationId(input.operationId));
  const action = accepting(() => parseComposeAction(input.action));
  const services = accepting(() => input.services?.map(parseServiceName));
  const { operationId, dryRun = false } = input;
  const steps = new Steps({ operation: `compose ${action}`, subject: host, operationId, dryRun }, [
    { id: 'compose', title: done[action] },
  ]);
  const changed: string[] = [];
  await steps.run('compose', async () => {
    const asked = services === undefined ? {} : { services };
    return told(
      await composeAction({ ...firstStageOf(input, 'compose'), action, ...asked }),
      dryRun,
      changed,
    );
  });
  return { host, changed, summary: summed(changed, dryRun) };
}
