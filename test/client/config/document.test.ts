import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  readlink,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { putHost } from '../../../client/config/document.js';
import { parseConfig } from '../../../client/config/parse.js';

const temporary = (): Promise<string> => mkdtemp(path.join(os.tmpdir(), 'myc-wf-document-'));
const keys = ['ssh-ed25519 AAAA'];
const script = path.resolve(import.meta.dirname, '../fixtures/put-hosts.ts');
/** The lock of a process that no longer runs; numbers end far below. */
const dead = (machine = os.hostname()): string =>
  JSON.stringify({ machine, pid: 2 ** 22 + 1, mark: '1', token: 'abcdefabcdef' });

/** Adds a host to a file with this text; what the file holds then. */
async function added(text: string, name: string, host = { user: 'me' }): Promise<string> {
  const file = path.join(await temporary(), 'config.yml');
  await writeFile(file, text);
  await putHost(file, name, host);
  return readFile(file, 'utf8');
}

describe('what several processes add at once', () => {
  test('is all there: eight processes with three hosts each, into one file', async () => {
    const [folder, work] = [await temporary(), await temporary()];
    const file = path.join(folder, 'config.yml');
    await writeFile(file, '# mine\nhosts: {}\n', { mode: 0o640 });
    const numbers = Array.from({ length: 8 }, (_, i) => i);
    const processes = numbers.map((i) => {
      const names = [1, 2, 3].map((number) => `vps${i}-${number}.lab`);
      const argv = ['--import', 'tsx', script, file, work, ...names];
      return spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit'] });
    });
    const ended = processes.map((child) => once(child, 'close'));
    while ((await readdir(work)).length < 8) await sleep(20);
    await writeFile(path.join(work, 'go'), '');
    expect((await Promise.all(ended)).map(([code]: unknown[]) => code)).toEqual(numbers.map(() => 0));

    const text = await readFile(file, 'utf8');
    const { hosts = {}, 'backup-targets': targets = {} } = parseConfig(text, file);
    const names = numbers.flatMap((i) => [1, 2, 3].map((number) => `vps${i}-${number}.lab`));
    expect(Object.keys(hosts).sort()).toEqual(names);
    expect(Object.keys(targets).sort()).toEqual(names.map((name) => `${name}:10023`));
    for (const name of names) expect(hosts[name]?.['host-keys']).toEqual([`ssh-ed25519 ${name}`]);
    expect(text).toMatch(/^# mine\n/);
    expect((await stat(file)).mode & 0o777).toBe(0o640);
    expect(await readdir(folder)).toEqual(['config.yml']);
  });

  test('waits for a process that runs, and goes past what a killed one left', async () => {
    const file = path.join(await temporary(), 'config.yml');
    await writeFile(`${file}.lock`, dead());
    await writeFile(`${file}.0123456789ab.new`, 'hosts: half');
    await Promise.all(['a', 'b', 'c', 'd'].map((name) => putHost(file, `${name}.lab`, { user: 'me' })));
    const { hosts = {} } = parseConfig(await readFile(file, 'utf8'), file);
    expect(Object.keys(hosts).sort()).toEqual(['a.lab', 'b.lab', 'c.lab', 'd.lab']);
    expect(await readdir(path.dirname(file))).toEqual(['config.yml']);
    // An empty lock is none either: it is made with its content.
    await writeFile(`${file}.lock`, '');
    await putHost(file, 'e.lab', { user: 'me' });
    expect(parseConfig(await readFile(file, 'utf8'), file).hosts).toHaveProperty(['e.lab']);
  });

  test('a key that was pinned meanwhile is not replaced by another', async () => {
    const file = path.join(await temporary(), 'config.yml');
    await putHost(file, 'a.lab', { 'host-keys': keys });
    await putHost(file, 'a.lab', { 'host-keys': keys });
    await expect(putHost(file, 'a.lab', { 'host-keys': ['ssh-ed25519 BBBB'] })).rejects.toThrow(
      'another key of a.lab was pinned in the meantime',
    );
    expect(await readFile(file, 'utf8')).not.toContain('BBBB');
    expect(await readdir(path.dirname(file))).toEqual(['config.yml']);
  });
});

test('a configuration that is a link stays one, its file keeps its mode, also where the file is new', async () => {
  const folder = await temporary();
  await mkdir(path.join(folder, 'dotfiles'));
  await writeFile(path.join(folder, 'dotfiles/config.yml'), 'hosts: {}\n');
  await chmod(path.join(folder, 'dotfiles/config.yml'), 0o604);
  for (const name of ['config.yml', 'new.yml']) {
    const file = path.join(folder, name);
    await symlink(`dotfiles/${name}`, file);
    await putHost(file, 'a.lab', { 'host-keys': keys });
    expect((await lstat(file)).isSymbolicLink()).toBe(true);
    expect(await readlink(file)).toBe(`dotfiles/${name}`);
    expect(await readFile(path.join(folder, 'dotfiles', name), 'utf8')).toContain('a.lab');
  }
  expect((await stat(path.join(folder, 'dotfiles/config.yml'))).mode & 0o777).toBe(0o604);
  expect((await readdir(path.join(folder, 'dotfiles'))).sort()).toEqual(['config.yml', 'new.yml']);
});

describe('every line that stood there stands there', () => {
  test.each([
    [
      'in another indentation, with comments, blank lines and columns',
      '# mine\n\nhosts:\n    a.lab:   { port: 22 }   # flow\n    # the second\n    b.lab:\n        port:    2222\n\n# and\ntemporal:\n    port: 1\n',
      '# mine\n\nhosts:\n    a.lab:   { port: 22 }   # flow\n    # the second\n    b.lab:\n        port:    2222\n    c.lab:\n        user: me\n\n# and\ntemporal:\n    port: 1\n',
    ],
    ['without a last line end', 'hosts:\n  a.lab: {}', 'hosts:\n  a.lab: {}\n  c.lab:\n    user: me\n'],
    [
      'without hosts',
      'temporal:   {}   # ours\n\n# the end\n',
      'temporal:   {}   # ours\nhosts:\n  c.lab:\n    user: me\n\n# the end\n',
    ],
    [
      'with a host that has other keys',
      'hosts:\n  c.lab:\n     port:  22\n  d.lab:   {}\n',
      'hosts:\n  c.lab:\n     port:  22\n     user: me\n  d.lab:   {}\n',
    ],
    [
      'with line ends of Windows',
      'hosts:\r\n  a.lab: {}\r\n',
      'hosts:\r\n  a.lab: {}\r\n  c.lab:\r\n    user: me\r\n',
    ],
  ])('%s', async (_, before, after) => {
    expect(await added(before, 'c.lab')).toBe(after);
  });

  test.each([
    ['nothing', ''],
    ['a comment alone', '# mine\n'],
    ['hosts that are empty', 'hosts: {} # none yet\ntemporal: {}\n'],
    ['a flow mapping', 'hosts: { a.lab: { port: 22 } }\n'],
    ['a host that is a flow mapping', 'hosts:\n  c.lab: { port: 22 }\n'],
    [
      'a text of several lines last',
      'hosts:\n  a.lab:\n    host-keys:\n      - >-\n        ssh-ed25519\n        AAAA\n',
    ],
    ['an alias', 'hosts:\n  a.lab: &a\n    port: 22\n  b.lab: *a\n'],
  ])('and the host is there, after %s', async (_, before) => {
    const [was, is] = [parseConfig(before, 'c'), parseConfig(await added(before, 'c.lab'), 'c')];
    const { port } = was.hosts?.['c.lab'] ?? {};
    const expected = { ...(port === undefined ? {} : { port }), user: 'me' };
    expect(is).toEqual({ ...was, hosts: { ...was.hosts, 'c.lab': expected } });
  });
});
