import { z } from 'zod';
import { BadInput } from '../workflows/contract/bad-input.js';
import { parseHostFile } from '../workflows/contract/host-files.js';
import { parseActionArguments, parseActionName, parseServiceName } from '../workflows/contract/names.js';
import type { ActionActivities, ActionOutput, RunActionInput } from './action-activities.js';
import { actionNamed, readActions, streamFolder } from './action-look.js';
import type { StageInput } from './activities.js';
import type { StageContext } from './converge.js';
import { accepting } from './failures.js';
import { secretsOfHost } from './job-logs.js';
import { succeeding } from './service-jobs.js';

/** The verbs on a charm's actions. */
export function actionActivities(stage: (input: StageInput) => Promise<StageContext>): ActionActivities {
  return {
    describeAction: accepting(async (input) => {
      const { remote, signal } = await stage(input);
      const there = await readActions(remote, parseServiceName(input.service), signal);
      const { hooks, replaces } = actionNamed(there, parseActionName(input.action));
      return { charm: there.charm, hooks, ...(replaces === undefined ? {} : { replaces }) };
    }),
    runAction: accepting(async (input) => runAction(await stage(input), input)),
    dropActionInput: accepting(async (input) => {
      const { remote, signal } = await stage(input);
      const folder = streamFolder(input.operationId);
      await remote.exec(['rm', '-f', '--', `${folder}/input`, `${folder}/input.part`], { signal });
      // What the action wrote waits there for the client.
      await remote.exec(['rmdir', '--', folder], { signal });
    }),
  };
}

/** Longer than a dump of a large database may say nothing. */
const stallSeconds = 3600;
const output = z.object({ bytes: z.number(), sha256: z.string().regex(/^[0-9a-f]{64}$/) });

async function runAction(context: StageContext, input: RunActionInput): Promise<ActionOutput> {
  const service = parseServiceName(input.service);
  const action = parseActionName(input.action);
  const args = parseActionArguments(input.args);
  const folder = streamFolder(input.operationId);
  const from = input.input === 'stream' ? `${folder}/input` : input.input;
  const path = input.output === undefined ? `${folder}/output` : parseHostFile(input.output);
  const { result } = await succeeding(context, input, {
    ...{ subject: `${action} of ${service}`, script: 'action', stallSeconds },
    args: [service, action, from === undefined ? '-' : parseHostFile(from), path, ...args],
    secrets: await secretsOfHost(context.remote, context.signal),
  });
  if (result === '') throw new BadInput(`${action} of ${service} left no result`, 'start it again');
  return { path, ...output.parse(JSON.parse(result)) };
}
