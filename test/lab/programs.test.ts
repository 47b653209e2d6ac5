import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { endPrograms } from './programs.js';
import { run } from './run.js';

const folder = mkdtempSync(path.join(tmpdir(), 'myc-wf-programs-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a failed command ends its other programs at once, with what they started', async () => {
  const file = path.join(folder, 'pid');
  const script = 'sleep 1000 & echo $! >"$0.new"; mv "$0.new" "$0"; wait';
  const making = run(['sh', '-c', script, file], { ownGroup: true });
  making.catch(() => undefined);
  await expect.poll(() => existsSync(file)).toBe(true);
  const pid = Number(readFileSync(file, 'utf8'));
  expect(isAlive(pid)).toBe(true);

  const began = Date.now();
  await endPrograms();

  await expect(making).rejects.toThrow(/^sh -c sleep/);
  expect(Date.now() - began).toBeLessThan(10_000);
  await expect.poll(() => isAlive(pid)).toBe(false);
});

/** A process that has ended and that nobody has waited for yet is not. */
function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
