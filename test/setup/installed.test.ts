import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const script = path.join(import.meta.dirname, 'installed.mjs');
const there = { version: '1.0.0', integrity: 'sha512-a' };
const lock = (packages: object): string => JSON.stringify({ lockfileVersion: 3, packages });
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'myc-wf-installed-'));
  const optional = { version: '2.0.0', integrity: 'sha512-b', optional: true };
  const packages = { '': { name: 'project' }, 'node_modules/a': there, 'node_modules/mac': optional };
  writeFileSync(path.join(folder, 'package-lock.json'), lock(packages));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** `npm ci` has left this list of packages. */
function install(packages: object): void {
  mkdirSync(path.join(folder, 'node_modules'));
  writeFileSync(path.join(folder, 'node_modules/.package-lock.json'), lock(packages));
}
const isInstalled = (): boolean => spawnSync(process.execPath, [script], { cwd: folder }).status === 0;

test("what a person's npm ci left counts, without what is of another platform", () => {
  install({ 'node_modules/a': there });
  expect(isInstalled()).toBe(true);
});

test.each([
  ['another version', { 'node_modules/a': { version: '1.0.1', integrity: 'sha512-c' } }],
  ['a package that the lock file does not name', { 'node_modules/a': there, 'node_modules/b': there }],
  ['none of them, as with --omit', {}],
])('npm ci has to run again after %s', (_, packages) => {
  install(packages);
  expect(isInstalled()).toBe(false);
});

test('npm ci has to run where nothing is installed, or an installation was cut short', () => {
  expect(isInstalled()).toBe(false);
  mkdirSync(path.join(folder, 'node_modules/a'), { recursive: true });
  expect(isInstalled()).toBe(false);
});
