import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';

/** As on a machine where no lab ever was: nothing is cached, and no host of this lab's was ever made. */
const cache = await mkdtemp(path.join(tmpdir(), 'myc-wf-never-'));
vi.stubEnv('XDG_CACHE_HOME', cache);
vi.stubEnv('MYC_WF_LAB', 'never');
const fleet = await import('./fleet.js');
const { labFolder, repository } = await import('./names.js');

afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true, force: true });
});

const lab = (...words: string[]): { status: number | null; said: string } => {
  const argv = ['--import', 'tsx', 'test/lab/main.ts', ...words];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { cwd: repository, encoding: 'utf8' });
  return { status, said: stdout + stderr };
};

test('hosts are put aside and destroyed where none ever were', async () => {
  expect(labFolder).toMatch(/\.lab-never$/);
  await fleet.setAside(['vps1.lab', 'backup.lab']);
  expect(await fleet.destroy('vps1.lab')).toBe(false);
  await fleet.removeAside();
  expect(await fleet.status()).toEqual([]);
  await fleet.down();
  await expect(stat(labFolder)).rejects.toThrow('ENOENT');
});

test.each([
  [['status'], 0, 'the lab is down: npm run lab -- up\n'],
  [['status', '--json'], 0, '{"hosts":[]}\n'],
  [['down'], 0, ''],
  [['destroy', 'vps1'], 0, 'nothing to do: vps1.lab is not there\n'],
  [['cut', 'vps1'], 1, 'vps1.lab is not up: npm run lab -- create vps1.lab\n'],
  [['heal', 'vps1'], 1, 'vps1.lab is not up: npm run lab -- create vps1.lab\n'],
  [['reboot', 'vps1'], 1, 'vps1.lab is not up: npm run lab -- create vps1.lab\n'],
  [['reboot', 'vps1', '--power-cut'], 1, 'vps1.lab is not up: npm run lab -- create vps1.lab\n'],
  [['images', 'redis:8'], 1, 'the lab is down: npm run lab -- up\n'],
])('`lab %s` says one sentence about a lab that never was', (words, status, said) => {
  expect(lab(...words)).toEqual({ status, said });
});
