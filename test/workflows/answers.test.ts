import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asCommandError } from '../../client/errors.js';
import { planStart } from '../../client/start-request.js';
import { makeOperationId } from '../../workflows/contract/ids.js';
import { type RunningEngine, startEngine } from '../worker/fixtures/start-engine.js';

let running: RunningEngine;
beforeAll(async () => {
  const workflowsPath = fileURLToPath(new URL('fixtures/questions.ts', import.meta.url));
  running = await startEngine({ workflowsPath });
});
afterAll(() => running.close());

const lock = 'host/vps1.lab';
const start = () => {
  const operationId = makeOperationId(new Date(), Math.random);
  return running.engine.start(planStart('deploy', ['vps1.lab'], {}, operationId).request);
};
/** The digest of the question that is open, another one than `last`. */
async function openQuestion(last = ''): Promise<string> {
  let digest = '';
  await expect
    .poll(async () => (digest = (await running.engine.look(lock)).progress?.question?.digest ?? ''), {
      timeout: 20_000,
    })
    .toSatisfy((found: string) => found !== '' && found !== last);
  return digest;
}
const refusal = (answering: Promise<void>) =>
  answering.then(
    () => 'accepted',
    (error: unknown) => {
      const { exitCode, message } = asCommandError(error);
      return [exitCode, message];
    },
  );

test('an answer to an earlier question is refused, also where the words are the same', async () => {
  await start();
  const first = await openQuestion();
  await running.engine.answer(lock, { answer: 'yes', question: first });
  const second = await openQuestion(first);
  expect(await refusal(running.engine.answer(lock, { answer: 'yes', question: first }))).toEqual([
    1,
    'the question is another one by now: go on?',
  ]);
  expect(await refusal(running.engine.answer(lock, { answer: 'retry', question: second }))).toEqual([
    1,
    'the answer is one of yes, no',
  ]);
  await running.engine.answer(lock, { answer: 'no', question: second });
  expect(await running.engine.result(lock)).toMatchObject({ changed: ['yes', 'no'] });

  // Nor does the next operation on the host take it for an answer to its own.
  await start();
  expect(await openQuestion()).not.toBe(first);
});

test('an answer that names no question, as an older client sends it, is refused', async () => {
  await openQuestion();
  const old = running.connected.client.workflow.getHandle(lock).executeUpdate('answer', { args: ['yes'] });
  expect(await refusal(old as Promise<void>)).toEqual([
    1,
    'the answer does not say to which question; use the myc-wf of the worker',
  ]);
});

test('of two people who answer at once the first counts', async () => {
  const question = await openQuestion();
  const both = await Promise.all([
    refusal(running.engine.answer(lock, { answer: 'yes', question })),
    refusal(running.engine.answer(lock, { answer: 'no', question })),
  ]);
  expect(both.filter((outcome) => outcome === 'accepted')).toHaveLength(1);
  const second = await openQuestion(question);
  await running.engine.answer(lock, { answer: 'yes', question: second });
  const { changed } = (await running.engine.result(lock)) as { changed: string[] };
  expect(changed[0]).toBe(both[0] === 'accepted' ? 'yes' : 'no');
});
