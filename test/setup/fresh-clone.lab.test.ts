import { readFileSync, writeFileSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Proof } from '../demo/proof.js';
import { withoutOdoo } from '../e2e/odoo-host.js';
import * as fleet from '../lab/fleet.js';
import { imagePrefix, label, labName, mirrorVolume } from '../lab/names.js';
import { docker, type Ran, run } from '../lab/run.js';
import { type Newcomer, cloneAsNewcomer } from './newcomer.js';

/**
 * A lab, images and a cache of their own: nothing of an earlier run helps, but Debian's packages may come from the cache of the
 * labs. Set before the lab's modules are read, so that `down` here is this lab's.
 */
const { lab, images, folder } = vi.hoisted(() => {
  const lab = `new${process.env['MYC_WF_LAB'] ?? ''}`.slice(0, 16);
  const images = `myc-wf-${lab}`;
  const folder = `${process.env['TMPDIR'] || '/tmp'}/myc-wf-${lab}`;
  vi.stubEnv('XDG_CACHE_HOME', `${folder}/cache`);
  vi.stubEnv('MYC_WF_LAB', lab);
  vi.stubEnv('MYC_WF_LAB_IMAGES', images);
  return { lab, images, folder };
});

let newcomer: Newcomer;

/** Also what an earlier run left that was killed. */
async function clear(): Promise<void> {
  expect([labName, imagePrefix]).toEqual([lab, images]);
  await fleet.down();
  await docker(['volume', 'rm', '--force', mirrorVolume]);
  const made = (await madeImages()).map(({ name }) => name);
  if (made.length > 0) await docker(['rmi', '--force', ...made]);
  await rm(folder, { recursive: true, force: true });
}

async function madeImages(): Promise<{ name: string }[]> {
  const format = ['--format', '{{.Repository}}:{{.Tag}}', '--filter', `reference=${images}/*`];
  const names = (await docker(['images', ...format])).split('\n').filter(Boolean);
  return names.map((name) => ({ name }));
}

/** What of this lab Docker still has. */
async function leftOver(): Promise<string[]> {
  const of = (...list: string[]) => docker([...list, '--quiet', '--filter', `label=${label}`]);
  const lists = [await of('ps', '--all'), await of('network', 'ls'), await of('volume', 'ls')];
  return lists.flatMap((ids) => ids.split('\n').filter(Boolean));
}

/** Without the two lines that npm writes before a script's own. */
const linesOf = ({ stdout }: Ran): string[] =>
  stdout.split('\n').filter((line) => line !== '' && !line.startsWith('> '));

/** It has to end with 0; what it said is in the error otherwise. */
async function done(script: string, ...words: string[]): Promise<Ran> {
  const ran = await newcomer.npm(script, ...words);
  if (ran.code === 0) return ran;
  throw new Error(`npm run ${script}: exit ${ran.code}\n${(ran.stdout + ran.stderr).slice(-6000)}`);
}

const inClone = (...names: string[]): string => path.join(newcomer.clone, ...names);

/** Each does what its name says. They run in this order, the first one where nothing is there yet. */
const checks: Record<string, () => Promise<void>> = {
  async demo() {
    const lines = linesOf(await done('demo', '--yes', '--json'));
    expect(lines).toHaveLength(1);
    const told = JSON.parse(lines[0]!) as { ok: boolean; before: Proof; after: Proof };
    expect(told.ok).toBe(true);
    expect(told.before).toMatchObject({
      host: 'vps1.lab',
      page: expect.stringMatching(/\S/) as string,
      partner: 'Ada Lovelace',
      photos: 24,
    });
    expect(told.before.partners).toBeGreaterThanOrEqual(500);
    expect(told.after).toEqual({ ...told.before, host: 'vps2.lab' });
    const made = (await madeImages()).map(({ name }) => name.replace(/:.*/, '').slice(images.length + 1));
    expect(made).toEqual(expect.arrayContaining(['base', 'image', 'services', 'odoo-base', 'odoo']));
  },

  async lab() {
    const up = async () =>
      (JSON.parse(linesOf(await done('lab', 'status', '--json')).join('')) as { hosts: { name: string }[] })
        .hosts;
    expect((await up()).map(({ name }) => name)).toEqual(['backup.lab', 'vps2.lab']);
    expect((await done('lab', 'up', '--hosts', '2')).stderr).toContain('up: vps1.lab');
    expect((await up()).map(({ name }) => name)).toEqual(['backup.lab', 'vps1.lab', 'vps2.lab']);
    await done('demo', 'stop');
    expect(await up()).toEqual([]);
    expect(await leftOver()).toEqual([]);
  },

  async build() {
    await rm(inClone('dist'), { recursive: true });
    expect(linesOf(await done('build'))).toEqual(['building dist/']);
    const { stdout } = await run([process.execPath, inClone('client/myc-wf.mjs'), '--help']);
    expect(stdout).toContain('myc-wf');
    expect(linesOf(await done('build'))).toEqual([]);
  },

  async typecheck() {
    const wrong = inClone('client/wrong.ts');
    writeFileSync(wrong, "export const wrong: number = 'text';\n");
    const refused = await newcomer.npm('typecheck');
    await rm(wrong);
    expect(refused.code).not.toBe(0);
    expect(refused.stdout).toMatch(/client\/wrong\.ts.*is not assignable to type 'number'/);
  },

  async lint() {
    writeFileSync(inClone('client/ugly.ts'), 'export const ugly   = 1\n');
    const refused = await newcomer.npm('lint', '--yes');
    expect(refused.code).not.toBe(0);
    // Prettier is the last to look: the others had nothing to say.
    expect(refused.stderr).toMatch(/^\[warn\] client\/ugly\.ts$/m);
  },

  async format() {
    expect(linesOf(await done('format'))).toEqual(['client/ugly.ts']);
    expect(readFileSync(inClone('client/ugly.ts'), 'utf8')).toBe('export const ugly = 1;\n');
  },

  async bench() {
    const told = JSON.parse(linesOf(await done('bench', 'help')).join('')) as Record<string, unknown>;
    expect(told).toMatchObject({ help: { seconds: { samples: 7 } } });
    expect((await newcomer.npm('bench', 'nonsense')).code).toBe(2);
  },
};

describe.skipIf(withoutOdoo)('on a machine where nothing ever ran', () => {
  beforeAll(async () => {
    await clear();
    const own = { MYC_WF_LAB: lab, MYC_WF_LAB_IMAGES: images };
    newcomer = await cloneAsNewcomer(folder, own);
    await expect(stat(path.join(folder, 'cache'))).rejects.toThrow('ENOENT');
  });

  afterAll(async () => {
    newcomer?.interrupt();
    // It ends the demo's worker, too, where the demo did not come to its end.
    if (newcomer !== undefined) await newcomer.npm('demo', 'stop');
    await clear();
    vi.unstubAllEnvs();
  });

  for (const [script, check] of Object.entries(checks)) test(`npm run ${script}`, check, 25 * 60_000);

  test('there is no script but these and `test`', () => {
    const { scripts } = JSON.parse(readFileSync(inClone('package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    expect(Object.keys(scripts).sort()).toEqual(['test', ...Object.keys(checks)].sort());
  });
});
