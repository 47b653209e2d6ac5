import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StartRequest } from '../../client/engine.js';
import { connect } from '../../client/connect.js';
import { planStart } from '../../client/start-request.js';
import { temporalEngine } from '../../client/temporal-engine.js';
import { makeOperationId } from '../../workflows/contract/ids.js';
import { env, startUp } from '../worker/fixtures/start-up.js';
import { encodeHistory, folder, keyOfHistories } from './histories.js';
import { type Scenario, hostless, scenarios } from './scenarios.js';

/**
 * `npx tsx test/replay/record.ts [NAME…]`: runs the scenarios (all of them when none is named) on a Temporal of its own and
 * keeps their histories. Done at a release, and for a workflow that is new; a changed workflow is `patched` instead.
 */
const directory = await mkdtemp(path.join(os.tmpdir(), 'myc-wf-record-'));
await writeFile(path.join(directory, 'codec.key'), `${keyOfHistories.toString('base64')}\n`, { mode: 0o600 });
const workflowsPath = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));
const up = await startUp(directory, { workflowsPath, activities: hostless });
const connected = await connect(up.settings, env);
const engine = temporalEngine(connected);
await mkdir(folder, { recursive: true });

for (const [name, scenario] of Object.entries(scenarios)) {
  const asked = process.argv.slice(2);
  if (asked.length > 0 && !asked.includes(name)) continue;
  if ('beside' in scenario && scenario.beside !== undefined) await start(scenario.beside);
  const { workflowId, runId } = await start(scenario);
  await engine.result(workflowId, runId);
  const history = await connected.client.workflow.getHandle(workflowId, runId).fetchHistory();
  await writeFile(path.join(folder, `${name}.binpb`), encodeHistory(history));
  process.stdout.write(`${name}: ${history.events?.length} events\n`);
}
await engine.close();
await up.stop();
await up.remove();

function start(scenario: Scenario | StartRequest) {
  if ('workflowType' in scenario) return engine.start(scenario);
  const { operation, words, options = {} } = scenario;
  const operationId = makeOperationId(new Date(), Math.random);
  return engine.start(planStart(operation, words, options, operationId).request);
}
