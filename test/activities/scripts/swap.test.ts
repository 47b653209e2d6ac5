import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const script = fileURLToPath(new URL('../../../activities/scripts/swap.sh', import.meta.url));
const operation = '20261123T031500Z-k3x9qa';
/** Counts its calls, and at the one that is named kills the script before or after it, or holds it. */
const mv = `#!/bin/bash
n=$(cat "$GATE/count"); echo $((n + 1)) >"$GATE/count"
if [ "$n" = "$AT" ] && [ "$HOW" = before ]; then kill -9 "$PPID"; exit 1; fi
if [ "$n" = "$AT" ] && [ "$HOW" = hold ]; then : >"$GATE/held"; until [ -e "$GATE/go" ]; do sleep 0.02; done; fi
/usr/bin/env -u NONE PATH=/usr/bin:/bin mv "$@" || exit
if [ "$n" = "$AT" ] && [ "$HOW" = after ]; then kill -9 "$PPID"; fi
`;

/** Says what is a mount, instead of making one. */
const mountpoint = '#!/bin/bash\n[ "$MOUNTED" = yes ]\n';

let folder: string;
const restore = () => path.join(folder, 'restore', operation);
/** On the filesystem of the stage, and on another one. */
let roots: string[];
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'myc-swap-'));
  roots = [path.join(folder, 'here'), await mkdtemp('/dev/shm/myc-swap-')];
  await mkdir(path.join(folder, 'bin'));
  await writeFile(path.join(folder, 'bin/mv'), mv);
  await writeFile(path.join(folder, 'bin/mountpoint'), mountpoint);
  for (const program of ['mv', 'mountpoint']) await chmod(path.join(folder, 'bin', program), 0o755);
});
afterEach(async () => {
  for (const root of [folder, ...roots]) await rm(root, { recursive: true, force: true });
});

/** Two trees that stand, and two that are staged for their places. */
async function prepare(root: string): Promise<void> {
  await rm(path.join(restore(), 'stage'), { recursive: true, force: true });
  await rm(root, { recursive: true, force: true });
  for (const name of ['settings', 'data']) {
    await mkdir(path.join(root, name), { recursive: true });
    await writeFile(path.join(root, name, 'file'), `old ${name}`);
    await writeFile(path.join(root, name, 'gone'), '');
    await mkdir(path.join(restore(), 'stage', name), { recursive: true });
    await writeFile(path.join(restore(), 'stage', name, 'file'), `new ${name}`);
    await writeFile(path.join(restore(), 'stage', name, 'fresh'), '');
  }
  await rm(path.join(restore(), 'swapping'), { force: true });
  await writeFile(path.join(folder, 'count'), '0');
}

function swap(root: string, command: string, { at = -1, how = '', mounted = false, replace = 'yes' } = {}) {
  const env = {
    ...{ PATH: `${folder}/bin:/usr/bin:/bin`, GATE: folder, AT: String(at), HOW: how },
    MOUNTED: mounted ? 'yes' : 'no',
    ...{ MYC_PROGRESS: path.join(folder, 'progress'), MYC_RESULT: path.join(folder, 'result') },
  };
  const child = spawn('bash', [script, command, restore(), operation, '-', replace], { env, detached: true });
  child.stdin.end(['settings', 'data'].map((name) => `${name}\t/${name}\t${root}/${name}\n`).join(''));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { pid: child.pid!, ended };
}
const file = (...parts: string[]) => readFile(path.join(...parts), 'utf8');
async function expectSwapped(root: string, mounted: boolean, when: string): Promise<void> {
  for (const name of ['settings', 'data']) {
    const old = mounted ? [name, `.myc-wf-old-${operation}`] : [`.myc-wf-old-${operation}`, name];
    expect(await file(root, name, 'file'), when).toBe(`new ${name}`);
    expect(await file(root, ...old, 'file'), when).toBe(`old ${name}`);
    expect((await readdir(path.join(root, ...old))).sort(), when).toEqual(['file', 'gone']);
  }
  expect(await swap(root, 'finish', { mounted }).ended).toBe(0);
  expect((await readdir(root)).sort(), when).toEqual(['data', 'settings']);
  expect((await readdir(path.join(root, 'data'))).sort(), when).toEqual(['file', 'fresh']);
}

test.each([
  ['a directory', 0, false],
  ['a directory of another filesystem', 1, false],
  ['a mount', 0, true],
  ['a mount of another filesystem', 1, true],
])(
  'killed before or after any of its renames and run again, it swaps %s once',
  async (_what, at, mounted) => {
    const root = roots[at]!;
    await prepare(root);
    expect(await swap(root, 'swap', { mounted }).ended).toBe(0);
    const renames = Number(await file(folder, 'count'));
    await expectSwapped(root, mounted, 'left alone');
    for (let at = 0; at < renames; at += 1)
      for (const how of ['before', 'after']) {
        await prepare(root);
        expect(await swap(root, 'swap', { at, how, mounted }).ended).not.toBe(0);
        expect(await swap(root, 'swap', { mounted }).ended).toBe(0);
        // The one that was killed before its rename is called again; no other one is.
        expect(Number(await file(folder, 'count'))).toBe(renames + (how === 'before' ? 1 : 0));
        await expectSwapped(root, mounted, `killed ${how} ${at}`);
      }
  },
);

test('a stop in the middle of the renames comes too late: the trees are the new ones', async () => {
  const root = roots[0]!;
  await prepare(root);
  const { pid, ended } = swap(root, 'swap', { at: 3, how: 'hold' });
  while (!(await readdir(folder)).includes('held')) await sleep(20);
  expect(await readdir(root)).not.toContain('data');
  process.kill(-pid, 'SIGTERM');
  await writeFile(path.join(folder, 'go'), '');
  expect(await ended).toBe(0);
  await expectSwapped(root, false, 'stopped');
});

test('a look says what stands in the way, on a host without jq too, and whether nothing does', async () => {
  const root = roots[0]!;
  await prepare(root);
  await writeFile(path.join(folder, 'bin/jq'), '#!/bin/sh\nexit 127\n', { mode: 0o755 });
  expect(await swap(root, 'look', { replace: 'no' }).ended).toBe(21);
  expect(await file(folder, 'result')).toMatch(
    new RegExp(`^${root}/data holds data \\(${root}/data/\\w+\\)$`),
  );
  await writeFile(path.join(folder, 'result'), '');
  expect(await swap(root, 'look').ended).toBe(0);
  expect(await file(folder, 'result')).toBe('');
  await rm(path.join(root, 'data'), { recursive: true });
  await mkdir(path.join(root, 'data/only/folders'), { recursive: true });
  expect(await swap(root, 'look', { replace: 'no' }).ended).toBe(0);
  expect(await file(folder, 'result')).toBe('empty\n');
});
