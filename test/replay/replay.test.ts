import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { makeWorkerDataConverter, workflowInterceptorModules } from '../../worker/codec/data-converter.js';
import { type StoredHistory, keyOfHistories, storedHistories } from './histories.js';
import { scenarios } from './scenarios.js';

/** What each history came to when it was replayed against these workflows; undefined is well. */
async function replay(
  source: string,
  histories: StoredHistory[],
): Promise<Record<string, string | undefined>> {
  const options = {
    workflowsPath: fileURLToPath(new URL(source, import.meta.url)),
    interceptors: { workflowModules: workflowInterceptorModules },
    dataConverter: makeWorkerDataConverter(keyOfHistories),
  };
  const ended: Record<string, string | undefined> = {};
  for await (const { runId, error } of Worker.runReplayHistories(options, histories))
    ended[histories.find((one) => one.runId === runId)?.name ?? runId] = error?.name;
  return ended;
}

test('runs that were open when the workflows changed go on: every stored history replays', async () => {
  const histories = await storedHistories();
  const names = histories.map(({ name }) => name);
  // A scenario without a history: npx tsx test/replay/record.ts NAME
  expect(names.filter((name) => !name.startsWith('superseded/')).toSorted()).toEqual(
    Object.keys(scenarios).toSorted(),
  );
  const ended = await replay('../../workflows/index.ts', histories);
  expect(ended).toEqual(Object.fromEntries(names.map((name) => [name, undefined])));
});

test('a workflow that was changed without a patch does not replay', async () => {
  const deploys = (await storedHistories()).filter(({ name }) => name === 'deploy');
  expect(await replay('./fixtures/changed.ts', deploys)).toEqual({ deploy: 'DeterminismViolationError' });
});
