import { expect, test } from 'vitest';
import type { Look } from '../../client/engine.js';
import { completed, record } from './recorder.js';

const question = { step: 'mirror', text: 'go on?', answers: ['yes' as const, 'no' as const], digest: 'd1' };
const asking: Look = {
  ...completed,
  status: 'running',
  progress: {
    ...{ operation: 'backup', subject: 'vps1.lab', operationId: 'x', dryRun: false },
    ...{ steps: [], children: [], question },
  },
};
const engine = { look: () => Promise.resolve(asking) };

test('an answer goes to the question that is shown, and to no other', async () => {
  const { calls, stderr, stdout, exitCode } = await record(['answer', 'vps1.lab', 'yes'], { engine });
  expect(calls).toEqual([['answer', 'host/vps1.lab', { answer: 'yes', question: 'd1' }]]);
  expect(stderr).toContain('? go on?');
  expect([stdout, exitCode]).toEqual(['vps1.lab was told yes\n', 0]);
});

test('--json says which question was answered', async () => {
  const { stdout } = await record(['answer', 'backup/vps1.lab', 'no', '--json'], { engine });
  expect(JSON.parse(stdout)).toEqual({ workflowId: 'backup/vps1.lab', answer: 'no', question });
});

test('--question refuses another one than was meant', async () => {
  const words = ['answer', 'vps1.lab', 'yes', '--question', 'd0'];
  await expect(record(words, { engine })).rejects.toMatchObject({
    exitCode: 1,
    message: 'the question is another one by now: go on?',
  });
});

test.each([
  ['a run that is over', completed, 10, 'vps1.lab is over (completed): nothing is asked there'],
  ['a run whose worker is away', { ...completed, status: 'running' as const }, 4, /no worker answers/],
  [
    'a run that asks nothing',
    { ...asking, progress: { ...asking.progress!, question: undefined as never } },
    1,
    'vps1.lab asks nothing now',
  ],
  ['an answer that is not offered', asking, 2, 'vps1.lab asks: go on?'],
])('%s is told apart', async (_, look, exitCode, message) => {
  const words = ['answer', 'vps1.lab', 'retry'];
  await expect(record(words, { engine: { look: () => Promise.resolve(look) } })).rejects.toMatchObject({
    exitCode,
    message: message instanceof RegExp ? (expect.stringMatching(message) as string) : message,
  });
});
