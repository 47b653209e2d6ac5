import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Connected, connect } from '../../client/connect.js';
import { asCommandError } from '../../client/errors.js';
import type { Engine } from '../../client/engine.js';
import { planStart } from '../../client/start-request.js';
import { temporalEngine } from '../../client/temporal-engine.js';
import { makeOperationId } from '../../workflows/contract/ids.js';
import { env, startUp } from '../worker/fixtures/start-up.js';

let up: Awaited<ReturnType<typeof startUp>>;
let connected: Connected;
let engine: Engine;
beforeAll(async () => {
  const workflowsPath = fileURLToPath(new URL('fixtures/questions.ts', import.meta.url));
  up = await startUp(undefined, { workflowsPath });
  connected = await connect(up.settings, env);
  engine = temporalEngine(connected);
});
afterAll(async () => {
  await engine.close();
  await up.stop();
  await up.remove();
});

const lock = 'host/vps1.lab';
const start = () => {
  const operationId = makeOperationId(new Date(), Math.random);
  return engine.start(planStart('deploy', ['vps1.lab'], {}, operationId).request);
};
/** The digest of the question that is open, another one than `last`. */
async function openQuestion(last = ''): Promise<string> {
  let digest = '';
  await expect
    .poll(async () => (digest = (await engine.look(lock)).progress?.question?.digest ?? ''), {
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
  await engine.answer(lock, { answer: 'yes', question: first });
  const second = await openQuestion(first);
  expect(await refusal(engine.answer(lock, { answer: 'yes', question: first }))).toEqual([
    1,
    'the question is another one by now: go on?',
  ]);
  expect(await refusal(engine.answer(lock, { answer: 'retry', question: second }))).toEqual([
    1,
    'the answer is one of yes, no',
  ]);
  await engine.answer(lock, { answer: 'no', question: second });
  expect(await engine.result(lock)).toMatchObject({ changed: ['yes', 'no'] });

  // Nor does the next operation on the host take it for an answer to its own.
  await start();
  expect(await openQuestion()).not.toBe(first);
});

test('an answer that names no question, as an older client sends it, is refused', async () => {
  await openQuestion();
  const old = connected.client.workflow.getHandle(lock).executeUpdate('answer', { args: ['yes'] });
  expect(await refusal(old as Promise<void>)).toEqual([
    1,
    'the answer does not say to which question; use the myc-wf of the worker',
  ]);
});

test('of two people who answer at once the first counts', async () => {
  const question = await openQuestion();
  const both = await Promise.all([
    refusal(engine.answer(lock, { answer: 'yes', question })),
    refusal(engine.answer(lock, { answer: 'no', question })),
  ]);
  expect(both.filter((outcome) => outcome === 'accepted')).toHaveLength(1);
  const second = await openQuestion(question);
  await engine.answer(lock, { answer: 'yes', question: second });
  const { changed } = (await engine.result(lock)) as { changed: string[] };
  expect(changed[0]).toBe(both[0] === 'accepted' ? 'yes' : 'no');
});
