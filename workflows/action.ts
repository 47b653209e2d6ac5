import { ApplicationFailure, CancellationScope, proxyActivities } from '@temporalio/workflow';
import type { ActionOutput, DescribedAction } from '../activities/action-activities.js';
import type { Activities } from '../activities/activities.js';
import { looking, transferring } from './activity-options.js';
import { bytesText } from './contract/amounts.js';
import {
  parseAbsolutePath,
  parseActionArguments,
  parseActionName,
  parseHostName,
  parseOperationId,
  parseServiceName,
} from './contract/names.js';
import type { ActionInput, ActionResult } from './contract/operations.js';
import { firstStageOf, stageOf } from './phases/stage.js';
import { ensureImages, planUp, runHooksBefore } from './phases/up.js';
import { Steps, accepting } from './steps.js';

const { describeAction, dropActionInput } = proxyActivities<Activities>(looking);
const { runAction } = proxyActivities<Activities>(transferring);

/** `start action HOST SERVICE ACTION ARGUMENT…`: an action of a service's charm. Runs under `host/<name>`. */
export async function action(input: ActionInput): Promise<ActionResult> {
  const host = accepting(() => parseHostName(input.host));
  accepting(() => parseOperationId(input.operationId));
  const service = accepting(() => parseServiceName(input.service));
  const name = accepting(() => parseActionName(input.action));
  const args = accepting(() => parseActionArguments(input.args ?? []));
  const { operationId, dryRun = false } = input;
  const from = accepting(() =>
    input.input === undefined || input.input === 'stream' ? input.input : parseAbsolutePath(input.input),
  );
  const to = accepting(() => (input.output === undefined ? undefined : parseAbsolutePath(input.output)));
  const subject = `${host}: ${name} of ${service}`;
  const steps = new Steps({ operation: 'action', subject, operationId, dryRun }, [
    { id: 'look', title: 'found' },
    { id: 'hooks', title: 'hooks' },
    { id: 'action', title: name },
  ]);
  const done = `${name} of ${service}`;
  let described!: DescribedAction;
  let output: ActionOutput | undefined;
  try {
    await steps.run('look', async () => {
      described = await describeAction({ ...firstStageOf(input, 'look'), service, action: name });
      if (described.replaces !== undefined && !input.yes && !dryRun)
        throw notConsented(done, described.replaces);
      return `an action of the charm ${described.charm}`;
    });
    if (described.hooks)
      await steps.run('hooks', async () => {
        const { plan } = await planUp({ ...input, services: [service] }, 'hooks');
        await ensureImages({ ...input, services: [service] }, plan, 'hooks', []);
        return runHooksBefore({ ...input, services: [service] }, plan, 'hooks');
      });
    else steps.skip('hooks', 'not asked for');
    if (dryRun) {
      steps.skip('action', 'dry run');
      return { host, changed: [], summary: `would run ${done}` };
    }
    await steps.run('action', async () => {
      output = await runAction({
        ...{ ...stageOf(input, 'action'), service, action: name, args },
        ...(from === undefined ? {} : { input: from }),
        ...(to === undefined ? {} : { output: to }),
      });
      return output.bytes === 0 ? 'done' : `wrote ${bytesText(output.bytes)}`;
    });
  } finally {
    // It may be a whole database: gone also when the action was cancelled.
    if (from === 'stream')
      await CancellationScope.nonCancellable(() => dropActionInput(stageOf(input, 'action')));
  }
  return {
    ...{ host, changed: [`ran ${done}`], summary: `${done} is done` },
    ...(output === undefined
      ? {}
      : { output: { ...output, path: accepting(() => parseAbsolutePath(output!.path)) } }),
  };
}

const notConsented = (done: string, replaces: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(`${done} replaces ${replaces}; add --yes to go on`, 'BadInput');
