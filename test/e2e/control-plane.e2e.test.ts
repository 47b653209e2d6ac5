import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Lab, openLab } from '../lab/lab.js';
import { type Operator, openOperator } from './operator.js';

const name = 'vps62.lab';
let lab: Lab;
let first: Operator;
let second: Operator;

/** An operator with a key, and so a control plane, of their own. */
const ownKey = () =>
  openOperator(lab, {
    configure: (config) => ({
      ...config,
      temporal: { ...config.temporal, 'codec-key-file': path.join(config['data-directory']!, 'codec.key') },
    }),
  });

beforeAll(async () => {
  lab = await openLab({ hosts: 1 });
  await lab.fresh(name);
  [first, second] = [await ownKey(), await ownKey()];
  await Promise.all([first.up(), second.up()]);
});
afterAll(async () => {
  await Promise.all([first.close(), second.close()]);
  await lab.destroy(name);
});

const setUp = (operator: Operator, ...options: string[]) =>
  operator.done('start', 'vps-setup', name, ...options);
const refusal = (operator: Operator, ...options: string[]) =>
  operator.myc(['start', 'vps-setup', name, ...options]);
const managed = expect.stringMatching(
  /is managed by another control plane \(.*, since .*--takeover/,
) as string;

test('a host is managed by the first that changes it, until another takes it over', async () => {
  await setUp(second, '--dry-run');
  await setUp(first);
  expect(await refusal(second)).toMatchObject({ status: 1, stderr: managed });
  expect(await refusal(second, '--dry-run')).toMatchObject({ status: 1, stderr: managed });

  expect((await setUp(second, '--takeover')).stdout).toContain('took the host over from');
  expect((await setUp(second)).stdout).toBe('nothing to change\n');
  expect(await refusal(first)).toMatchObject({ status: 1, stderr: managed });
});
