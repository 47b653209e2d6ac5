import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Lab, type LabHost, openLab } from '../lab/lab.js';
import { run } from '../lab/run.js';
import { type Operator, openOperator } from './operator.js';

/** A bare host: what the terminal needs there comes one after the other. */
const name = 'vps84.lab';
let lab: Lab;
let host: LabHost;
let operator: Operator;

beforeAll(async () => {
  lab = await openLab({ hosts: 1 });
  host = await lab.fresh(name);
  operator = await openOperator(lab);
});
afterAll(async () => {
  await operator.close();
  await lab.destroy(name);
});

const inFolder = (file: string) => path.join(operator.folder, file);
const shell = (command: string) => host.exec(['bash', '-c', command]);
const install = (program: string) =>
  shell(
    `apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq ${program} >/dev/null 2>&1`,
  );
/** mosh insists on a language of UTF-8. */
const language = { LC_ALL: 'C.UTF-8' };

/** At a terminal, which `script` gives; `typed` is typed once `awaited` is on it. */
async function sit(args: string[], env: NodeJS.ProcessEnv, awaited: string, typed: string) {
  const sitting = operator.start(['st', name, ...args], { terminal: true, env: { ...language, ...env } });
  await expect.poll(() => sitting.stdout(), { timeout: 60_000 }).toContain(awaited);
  sitting.type(typed);
  return { status: await sitting.ended, screen: sitting.stdout() };
}

/** A folder with programs in the place of mosh. */
const withMosh = async (script: string) => {
  const bin = await mkdtemp(inFolder('bin-'));
  await writeFile(path.join(bin, 'mosh'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return { PATH: `${bin}:${process.env['PATH']}` };
};

test('a host without mosh: what mosh says of it, and then ssh, in a login shell', async () => {
  const { status, screen } = await sit([], {}, '# ', 'echo "$((6 * 7)) on $(hostname)"; exit 5\r');
  expect(screen).toMatch(/mosh-server.*not found/);
  expect(screen).toMatch(/mosh ended with \d+; going on with ssh/);
  expect(screen).toContain('42 on vps84');
  expect(status).toBe(5);
});

// Which code comes when depends on the version, and on how far it got.
test.each([1, 2, 10, 127, 255])('mosh that ends with %i: ssh is tried', async (code) => {
  const typed = 'echo "$((6 * 7)) on $(hostname)"; exit 5\r';
  const { status, screen } = await sit([], await withMosh(`exit ${code}`), '# ', typed);
  expect(screen).toContain(`mosh ended with ${code}; going on with ssh`);
  expect(screen).toContain('42 on vps84');
  expect(status).toBe(5);
});

test('mosh is handed the pinned key, the address and what to run', async () => {
  const env = await withMosh(`printf '%s\\n' "$@" >${inFolder('mosh')}`);
  const sitting = operator.start(['st', name], { terminal: true, env });
  expect(await sitting.ended).toBe(0);
  const handed = await readFile(inFolder('mosh'), 'utf8');
  expect(handed).toContain(`HostKeyAlias=${name}`);
  expect(handed).toContain(`root@${host.address}\n--\nbash\n-c\n`);
  expect(handed).toContain('tmux attach');
});

test('an operator without mosh: ssh, which says so', async () => {
  // All else that is needed, under its own name.
  const bin = await mkdtemp(inFolder('bin-'));
  const programs = ['node', 'bash', 'sh', 'ssh', 'script', 'stty'];
  await run([
    'bash',
    '-c',
    'for one in "${@:2}"; do ln -s "$(command -v "$one")" "$1/$one"; done',
    'link',
    bin,
    ...programs,
  ]);
  const { status, screen } = await sit([], { PATH: bin }, '# ', 'exit 5\r');
  expect(screen).toContain('mosh is not installed; going on with ssh');
  expect(status).toBe(5);
});

test('mosh takes the pinned key and the address, and ends as its shell does: well', async () => {
  await install('mosh');
  const { status, screen } = await sit([], {}, '# ', 'echo "$((6 * 7)) on $(hostname)"; exit\r');
  expect(screen).toContain('42 on vps84');
  expect(screen).not.toContain('going on with ssh');
  expect(status).toBe(0);
  await expect.poll(() => shell('pgrep -c mosh-server || true'), { timeout: 20_000 }).toBe('0');
});

test.each(['mosh', 'ssh'])('tmux by %s: the session that is there is attached to', async (by) => {
  await install('tmux');
  await shell(`tmux new-session -d "echo here-$((6 * 7)); exec sh"`);
  const { status, screen } = await sit(by === 'ssh' ? ['--ssh'] : [], {}, 'here-42', 'exit\r');
  expect(screen).not.toContain('going on with ssh');
  expect(status).toBe(0);
});

test('a host that shows another key is not entered', async () => {
  const config = await readFile(operator.configFile, 'utf8');
  const other = config.replace(/ssh-ed25519 \S{40}/g, (key) => `${key.slice(0, -8)}AAAAAAAA`);
  await writeFile(inFolder('other.yml'), other, { mode: 0o600 });
  for (const args of [[], ['--ssh']]) {
    const words = ['--config', inFolder('other.yml'), 'st', name, ...args];
    const sitting = operator.start(words, { terminal: true, env: language });
    expect(await sitting.ended).toBe(4);
    expect(sitting.stdout()).toContain(`${name} cannot be entered`);
  }
});
