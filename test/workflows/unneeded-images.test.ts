import { Context } from '@temporalio/activity';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Activities } from '../../activities/activities.js';
import { planStart } from '../../client/start-request.js';
import { makeOperationId } from '../../workflows/contract/ids.js';
import { hostless } from '../replay/scenarios.js';
import { type RunningEngine, startEngine } from '../worker/fixtures/start-engine.js';

/** What the lost host ran, and what its compose.yml comes to. */
let ran: string[] = [];
let needed: string[] = [];
let isAway: (image: string) => boolean = () => false;
let hangs = false;
let asked: string[] = [];

const activities: Partial<Activities> = {
  ...hostless,
  async inspectBackup(input) {
    const inspection = await hostless.inspectBackup!(input);
    return { ...inspection, manifest: { ...inspection.manifest!, images: ran, databaseImages: [] } };
  },
  async planServices(input) {
    return { ...(await hostless.planServices!(input)), images: needed.map((image) => ({ image })) };
  },
  async pullImage({ image }) {
    asked.push(image);
    if (!isAway(image)) return { changed: [`pulled ${image}`], summary: image };
    if (hangs) await Context.current().cancelled;
    throw new Error(`the registry of ${image} does not answer`);
  },
  async ensureImage({ image }) {
    await Promise.resolve();
    return { changed: [`pulled ${image}`], summary: image };
  },
};

let running: RunningEngine;
beforeAll(async () => {
  const workflowsPath = fileURLToPath(new URL('../../workflows/index.ts', import.meta.url));
  running = await startEngine({ workflowsPath, activities });
});
afterAll(() => running.close());
beforeEach(() => {
  isAway = (image) => image.startsWith('away.lab/');
  hangs = false;
  asked = [];
});

const lock = 'host/vps1.lab';
const recover = () => {
  const operationId = makeOperationId(new Date(), Math.random);
  const words = ['myadmin@backup.lab:10023#vps0.lab', 'vps1.lab'];
  return running.engine.start(planStart('recover', words, { yes: true }, operationId).request);
};
const stateOf = async (id: string) =>
  (await running.engine.look(lock)).progress?.steps.find((step) => step.id === id)?.state;

test.each([
  ['is tried again and again', false],
  ['hangs', true],
])('an image that nobody needs holds nothing, also where its pull %s', async (_, hanging) => {
  hangs = hanging;
  // More than go at once: those behind it come to their turn as well.
  ran = ['away.lab/a:1', 'away.lab/b:1', 'away.lab/c:1', 'away.lab/d:1', 'away.lab/e:1', 'web:1'];
  needed = ['web:1'];
  await recover();
  const { changed } = (await running.engine.result(lock)) as { changed: string[] };
  expect(changed).toContain('pulled web:1');
  expect(changed.join()).not.toContain('away.lab');
  expect(asked).toContain('away.lab/a:1');
});

test('an image that is needed is waited for, before anything is replaced', async () => {
  ran = ['away.lab/web:1'];
  needed = ['away.lab/web:1'];
  await recover();
  await expect.poll(() => stateOf('verify'), { timeout: 30_000 }).toBe('done');
  await expect.poll(() => asked.length, { timeout: 30_000 }).toBeGreaterThan(2);
  expect([await stateOf('images'), await stateOf('swap')]).toEqual(['running', 'pending']);
  isAway = () => false;
  const { changed } = (await running.engine.result(lock)) as { changed: string[] };
  expect(changed).toContain('pulled away.lab/web:1');
});
