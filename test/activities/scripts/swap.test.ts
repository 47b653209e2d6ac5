import { spawn } from 'node:child_process';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
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

/** Says which containers run, and what they have mounted: NAME, whether it writes, SOURCE. Without any there is no Docker. */
const docker = `#!/bin/bash
[ -e "$GATE/mounts" ] || exit 1
case $1 in
  info) echo /srv/docker ;;
  ps) echo 0123abcd ;;
  inspect) cat "$GATE/mounts" ;;
esac
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
  await writeFile(path.join(folder, 'bin/docker'), docker);
  for (const program of ['mv', 'mountpoint', 'docker']) await chmod(path.join(folder, 'bin', program), 0o755);
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

const placesIn = (root: string) =>
  ['settings', 'data'].map((name) => `${name}\t/${name}\t${root}/${name}\n`).join('');

function swap(
  root: string,
  command: string,
  { at = -1, how = '', mounted = false, replace = 'yes', lines = placesIn(root) } = {},
) {
  const env = {
    ...{ PATH: `${folder}/bin:/usr/bin:/bin`, GATE: folder, AT: String(at), HOW: how },
    MOUNTED: mounted ? 'yes' : 'no',
    ...{ MYC_PROGRESS: path.join(folder, 'progress'), MYC_RESULT: path.join(folder, 'result') },
  };
  const child = spawn('bash', [script, command, restore(), operation, '-', replace], { env, detached: true });
  child.stdin.end(lines);
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

/** One place of data, whose parents are not ours to trust. */
function take(command: string, place: string, gate: Parameters<typeof swap>[2] = {}) {
  return swap('', command, { ...gate, lines: `data\t/data\t${place}\n` });
}
const result = () => file(folder, 'result');

test.each([
  ['the destination itself', 'data', 'data'],
  ['its parent', 'way/data', 'way'],
  ['a folder further up', 'way/to/the/data', 'way'],
])('%s that is a link is refused by name, in the look and in the swap', async (_what, place, link) => {
  const root = roots[0]!;
  await prepare(root);
  const elsewhere = path.join(folder, 'elsewhere');
  await mkdir(path.join(elsewhere, 'to/the'), { recursive: true });
  await rm(path.join(root, link), { recursive: true, force: true });
  await symlink(elsewhere, path.join(root, link));
  for (const command of ['look', 'swap']) {
    expect(await take(command, path.join(root, place)).ended).toBe(22);
    expect(await result()).toBe(`${root}/${link} is a link to ${elsewhere}`);
  }
  expect(await readdir(path.join(elsewhere, 'to/the'))).toEqual([]);
  expect(await readdir(elsewhere)).toEqual(['to']);
  expect(await file(restore(), 'stage/data/file')).toBe('new data');
});

test('a parent that becomes a link in the middle of the swap leads nothing elsewhere', async () => {
  for (const [filesystem, root] of roots.entries()) {
    await prepare(root);
    await rm(path.join(folder, 'held'), { force: true });
    await rm(path.join(folder, 'go'), { force: true });
    const [parent, aside] = [path.join(root, 'of-a-user'), path.join(root, 'aside')];
    const elsewhere = path.join(root, 'elsewhere');
    await mkdir(path.join(parent, 'data'), { recursive: true });
    await writeFile(path.join(parent, 'data/file'), 'old data');
    await chown(parent, 1000, 1000);
    await mkdir(elsewhere);
    const { ended } = take('swap', path.join(parent, 'data'), { at: 0, how: 'hold' });
    while (!(await readdir(folder)).includes('held')) await sleep(20);
    await rename(parent, aside);
    await symlink(elsewhere, parent);
    await writeFile(path.join(folder, 'go'), '');
    // Held at its first rename: of the trees, or of what was copied beside them, after which it looks again.
    expect(await ended).toBe(filesystem === 0 ? 0 : 22);
    expect(await readdir(elsewhere)).toEqual([]);
    expect(await file(aside, 'data/file')).toBe(filesystem === 0 ? 'new data' : 'old data');
    expect(await take('finish', path.join(parent, 'data')).ended).toBe(0);
    expect(await readdir(elsewhere)).toEqual([]);
  }
});

test.each(['.myc-wf-new', '.myc-wf-old'])(
  'a link, or a folder of another, in the place of our own %s is not used',
  async (name) => {
    const root = roots[1]!;
    for (const plant of [
      async (at: string) => symlink(path.join(root, 'elsewhere'), at),
      async (at: string) => (await mkdir(at), chown(at, 1000, 1000)),
      async (at: string) => mkdir(at, { mode: 0o777 }),
    ]) {
      await prepare(root);
      await mkdir(path.join(root, 'elsewhere'), { mode: 0o700 });
      await plant(path.join(root, `${name}-${operation}`));
      expect(await take('swap', path.join(root, 'data')).ended).toBe(22);
      expect(await result()).toBe(`${root}/${name}-${operation} is not root's own: somebody changes it`);
      expect(await readdir(path.join(root, 'elsewhere'))).toEqual([]);
      expect(await file(root, 'data/file')).toBe('old data');
    }
  },
);

test('missing parents are made, and only by a swap', async () => {
  for (const root of roots) {
    await prepare(root);
    expect(await take('look', path.join(root, 'a/b/data')).ended).toBe(0);
    expect((await readdir(root)).sort()).toEqual(['data', 'settings']);
    expect(await take('swap', path.join(root, 'a/b/data')).ended).toBe(0);
    expect(await file(root, 'a/b/data/file')).toBe('new data');
    expect(await take('finish', path.join(root, 'a/b/data')).ended).toBe(0);
    expect(await readdir(path.join(root, 'a/b'))).toEqual(['data']);
  }
});

test('a file in the place of a parent is told', async () => {
  await prepare(roots[0]!);
  expect(await take('look', path.join(roots[0]!, 'data/file/x')).ended).toBe(22);
  expect(await result()).toBe(`${roots[0]!}/data/file is not a directory`);
});

test.each([
  ['what it has mounted', 'false', 'data'],
  ['a folder around what it has mounted', 'false', 'data/below'],
  ['a folder in what it writes to', 'true', ''],
])('a running container keeps a recovery from replacing %s', async (_what, writes, mounted) => {
  const root = roots[0]!;
  await prepare(root);
  await writeFile(path.join(folder, 'mounts'), `/myc-odoo-1\t${writes}\t${path.join(root, mounted)}\n`);
  for (const command of ['look', 'swap']) {
    expect(await take(command, path.join(root, 'data')).ended).toBe(23);
    expect(await result()).toBe(`${root}/data is used by the container myc-odoo-1`);
  }
  expect(await file(root, 'data/file')).toBe('old data');
});

test('containers that only read a folder around it, or something beside it, are no hindrance', async () => {
  const root = roots[0]!;
  await prepare(root);
  const mounts = [`/myc-a-1\tfalse\t${root}`, `/myc-b-1\ttrue\t${root}/data-of-others`, '/myc-c-1\tfalse\t/'];
  await writeFile(path.join(folder, 'mounts'), mounts.join('\n'));
  expect(await take('swap', path.join(root, 'data')).ended).toBe(0);
  expect(await file(root, 'data/file')).toBe('new data');
});

test.each(['/srv/docker/x', '/srv/docker'])(
  "%s is refused where Docker's own folder is there",
  async (place) => {
    await writeFile(path.join(folder, 'mounts'), '');
    expect(await take('look', place).ended).toBe(22);
    expect(await result()).toContain("Docker's own folder /srv/docker");
  },
);
