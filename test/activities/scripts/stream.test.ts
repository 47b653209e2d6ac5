import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('../../../activities/scripts/stream.sh', import.meta.url));
const folder = join(mkdtempSync(join(tmpdir(), 'stream-')), 'one');
const stream = (words: string[], input: string | Buffer = '') =>
  spawnSync('bash', [script, ...words], { input, encoding: 'buffer' });

test('a file is there for an action when all of it arrived, for its owner only, and goes', () => {
  const bytes = Buffer.from([0, 255, 10, 13, 0]);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  expect(stream(['put', folder], bytes).status).toBe(0);
  for (const [size, digest] of [
    ['6', sha256],
    ['5', 'a'.repeat(64)],
  ]) {
    const refused = stream(['seal', folder, size!, digest!]);
    expect(refused.status).toBe(65);
    expect(refused.stderr.toString()).toContain('not all of it arrived');
    expect(existsSync(join(folder, 'input'))).toBe(false);
  }
  expect(stream(['seal', folder, '5', sha256]).status).toBe(0);
  expect(readFileSync(join(folder, 'input'))).toEqual(bytes);
  expect(statSync(join(folder, 'input')).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  writeFileSync(join(folder, 'output'), bytes);
  expect(stream(['get', folder]).stdout).toEqual(bytes);
  expect(stream(['drop', folder]).status).toBe(0);
  expect(existsSync(folder)).toBe(false);
});
