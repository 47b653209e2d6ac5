import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

test('images and the mirror have names of their own where the environment gives them', async () => {
  vi.stubEnv('MYC_WF_LAB_IMAGES', 'myc-wf-fresh');
  const own = await import('./names.js');
  expect(own.imageName('base:trixie')).toBe('myc-wf-fresh/base:trixie');
  expect(own.mirrorVolume).toBe('myc-wf-fresh-mirror-cache');
  expect(own.hasOwnImages).toBe(true);
});

test.each(['Images', '../x', 'a--b', 'a/b', '9', 'a-', `a${'b'.repeat(40)}`])(
  '%j is no beginning of an image name',
  async (given) => {
    vi.stubEnv('MYC_WF_LAB_IMAGES', given);
    await expect(import('./names.js')).rejects.toThrow(`MYC_WF_LAB_IMAGES=${given}: write`);
  },
);

test('no other file spells the name of an image or a volume of the lab', () => {
  const tests = path.join(import.meta.dirname, '..');
  const files = readdirSync(tests, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.(ts|sh)$/.test(file),
  );
  const spells = (file: string) =>
    /myc-wf-lab(\/|-[a-z]+-cache)/.test(readFileSync(path.join(tests, file), 'utf8'));
  expect(files.filter(spells).sort()).toEqual(['lab/names.ts']);
});
