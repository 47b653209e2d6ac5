import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { localRemote } from '../../activities/adapters/remote/local.js';
import type { Remote } from '../../activities/adapters/remote/remote.js';
import { hostUnreachable } from '../../activities/failures.js';
import { notFound } from '../../client/errors.js';
import type { Look } from '../../client/engine.js';
import { completed, operationId, record } from './recorder.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'myc-wf-logs-'));
  const jobs = { 'compose-ready.-.1111': 'Reading lists\nSetting up jq\n', 'charms.house.2222': '' };
  for (const [key, output] of Object.entries(jobs)) {
    const folder = path.join(root, 'jobs', `${operationId}.${key}`);
    await mkdir(folder, { recursive: true });
    for (const [name, text] of Object.entries({ args: '', output, exit: '0\n' }))
      await writeFile(path.join(folder, name), text);
  }
});
afterAll(() => rm(root, { recursive: true }));

/** This machine, with the records of a folder of the test's. */
const remote: Remote = {
  ...localRemote(),
  exec: (argv, options) =>
    localRemote().exec(
      argv.map((word) => (word === '/var/lib/myc-wf' ? root : word)),
      options,
    ),
};
const hosts = {
  host: (name: string) =>
    name === 'vps8.lab' ? Promise.reject(hostUnreachable(name, 'no route')) : Promise.resolve(remote),
};
const progress = {
  operation: 'deploy',
  subject: 'vps1.lab',
  operationId,
  dryRun: false,
  children: [],
  steps: [{ id: 'compose-ready', title: 'deployed', state: 'done' as const, detail: '1 package' }],
};
const look = (more: Partial<Look> = {}): Promise<Look> =>
  Promise.resolve({ ...completed, progress, ...more });
const logs = (words: string[], engine: object = { look: () => look() }) =>
  record(['logs', ...words], { engine, hosts });

describe('logs', () => {
  test('the steps on stderr, on stdout what each job said', async () => {
    const { stdout, stderr, exitCode } = await logs(['vps1.lab']);
    expect(stderr).toContain(
      'deploy vps1.lab: completed      host/vps1.lab      http://ui/host/vps1.lab\n✔ deployed  1 package\n',
    );
    expect(stdout.split('\n').filter((line) => line.startsWith('compose-ready'))).toEqual([
      'compose-ready │ Reading lists',
      'compose-ready │ Setting up jq',
      expect.stringMatching(/^compose-ready └ ended with exit code 0 after /),
    ]);
    expect(exitCode).toBe(0);
  });

  test('--json is one document; -n and --step choose', async () => {
    const { stdout } = await logs(['vps1.lab', '--json', '--step', 'compose-ready', '-n', '1']);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'completed',
      jobs: [{ host: 'vps1.lab', step: 'compose-ready', exit: 0, lines: ['Setting up jq'] }],
    });
    await expect(logs(['vps1.lab', '--step', 'data'])).rejects.toMatchObject({
      exitCode: 10,
      next: expect.stringMatching(/name one of: .*charms/) as string,
    });
  });

  test('-f goes on until the run is over, and says each line once', async () => {
    let looks = 0;
    const running = () => look({ status: (looks += 1) > 2 ? 'completed' : 'running' });
    const { stdout } = await logs(['vps1.lab', '-f', '--json'], { look: running });
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; line?: string });
    expect(lines.flatMap(({ line }) => line ?? [])).toEqual(['Reading lists', 'Setting up jq']);
    expect(lines.filter(({ event }) => event === 'job')).toHaveLength(2);
    expect(looks).toBe(3);
  });

  test('without Temporal the newest jobs of the host are shown all the same', async () => {
    const gone = { look: () => Promise.reject(Object.assign(new Error('14 UNAVAILABLE'), { code: 14 })) };
    const { stdout, stderr } = await logs(['vps1.lab'], gone);
    expect(stdout).toContain('│ Setting up jq');
    expect(stderr).toContain('Temporal does not answer');
  });

  test('of several hosts one that cannot be reached is told, the others are shown; exit code 3', async () => {
    const fleet = { workflowId: 'fleet/deploy/x', progress: { ...progress, subject: 'vps1.lab vps8.lab' } };
    const { stdout, stderr, exitCode } = await logs(['fleet/deploy/x'], { look: () => look(fleet) });
    expect(stdout).toContain('vps1.lab compose-ready │ Setting up jq');
    expect(stderr).toContain('vps8.lab: vps8.lab cannot be reached: no route\n');
    expect(exitCode).toBe(3);
  });

  test('one host that cannot be reached is 4, one that is not in the inventory 10', async () => {
    await expect(logs(['vps8.lab'])).rejects.toMatchObject({
      exitCode: 4,
      next: expect.stringContaining('check that it is up') as string,
    });
    const unknown = { host: () => Promise.reject(notFound('vps1.lab is not in the inventory')) };
    await expect(
      record(['logs', 'vps1.lab'], { engine: { look: () => look() }, hosts: unknown }),
    ).rejects.toMatchObject({ exitCode: 10 });
  });
});
