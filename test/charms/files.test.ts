import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const library = fileURLToPath(new URL('../../charms/lib', import.meta.url));
/** What root must not change: the folder that planted links lead to, and its one file. */
let outside: string;
let canary: string;
let store: string;
let etc: string;

beforeEach(() => {
  const root = mkdtempSync(join(tmpdir(), 'files-'));
  [outside, store] = [join(root, 'outside'), join(root, 'datastore')];
  etc = join(store, 'config/redis/etc');
  mkdirSync(outside);
  mkdirSync(etc, { recursive: true });
  canary = join(outside, 'passwd');
  writeFileSync(canary, 'root:x:0:0::/root:/bin/sh\n', { mode: 0o640 });
});
afterEach(() => {
  expect(readdirSync(outside)).toEqual(['passwd']);
  expect(readFileSync(canary, 'utf8')).toBe('root:x:0:0::/root:/bin/sh\n');
  expect(statSync(canary)).toMatchObject({ uid: process.getuid?.(), mode: 0o100640 });
  rmSync(join(outside, '..'), { recursive: true });
});

const environment = () => ({
  ...{ PATH: process.env.PATH ?? '', CONFIGSTORE: join(store, 'config'), DATASTORE: join(store, 'data') },
  ...{ SERVICE_DATASTORE: join(store, 'data/redis'), SERVICE_NAME: 'redis' },
});
/** Runs words of hooks; the folder that the service's container sees is $etc. */
function hook(text: string): { code: number | null; out: string; err: string } {
  const script = `set -euo pipefail\n. ${library}/helpers.sh\netc=${etc} outside=${outside}\n${text}`;
  const { status, stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], {
    encoding: 'utf8',
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 40_000,
  });
  return { code: status, out: stdout, err: stderr };
}
const write = 'printf "port 1\\n" | write-config "$etc/redis.conf" 0600';
const written = () => readFileSync(join(etc, 'redis.conf'), 'utf8');

describe('a file is written', () => {
  test('with its mode, and folders on the way are made', () => {
    expect(hook('printf x | write-config "$etc/a/b/c" 0640; printf x | write-config "$etc/d"')).toMatchObject(
      {
        code: 0,
        err: '',
      },
    );
    expect(statSync(join(etc, 'a/b/c')).mode & 0o7777).toBe(0o640);
    expect(statSync(join(etc, 'd')).mode & 0o7777).toBe(0o644);
    expect(readdirSync(join(etc, 'a/b'))).toEqual(['c']);
  });

  test('and left alone when it is right already, with its time', () => {
    hook(write);
    utimesSync(join(etc, 'redis.conf'), 1, 1);
    expect(hook(write).code).toBe(0);
    expect(statSync(join(etc, 'redis.conf')).mtimeMs).toBe(1000);
    hook(write.replace('0600', '0644'));
    expect(statSync(join(etc, 'redis.conf')).mode & 0o7777).toBe(0o644);
  });

  test.each<[string, (at: string) => void]>([
    ['a link stands there', (at) => symlinkSync(canary, at)],
    ['a link to nothing stands there', (at) => symlinkSync(join(outside, 'new'), at)],
    ['a hard link stands there', (at) => linkSync(canary, at)],
    ['a pipe stands there', (at) => spawnSync('mkfifo', [at])],
    ['a link stands where it is made first', (at) => symlinkSync(canary, join(at, '../.redis.conf.new'))],
    ['a link of the old tool’s name stands beside it', (at) => symlinkSync(canary, `${at}.new`)],
    ['a hard link stands where it is made first', (at) => linkSync(canary, join(at, '../.redis.conf.new'))],
  ])('although %s, and nothing through it', (_what, plant) => {
    plant(join(etc, 'redis.conf'));
    expect(hook(write)).toMatchObject({ code: 0, err: '' });
    expect(written()).toBe('port 1\n');
    expect(lstatSync(join(etc, 'redis.conf')).nlink).toBe(1);
  });

  test.each<[string, string, () => void]>([
    [
      'a link in the middle',
      `is a link to`,
      () => (rmSync(etc, { recursive: true }), symlinkSync(outside, etc)),
    ],
    [
      'a link to a folder of the same tree',
      'is a link to',
      () => (
        rmSync(etc, { recursive: true }),
        mkdirSync(join(store, 'other')),
        symlinkSync(join(store, 'other'), etc)
      ),
    ],
    [
      'the whole store being a link',
      'is a link to',
      () => (rmSync(join(store, 'config'), { recursive: true }), symlinkSync(outside, join(store, 'config'))),
    ],
    [
      'a pipe in the middle',
      'is a special file',
      () => (rmSync(etc, { recursive: true }), spawnSync('mkfifo', [etc])),
    ],
    [
      'a file in the middle',
      'is a file, which is in the way',
      () => (rmSync(etc, { recursive: true }), writeFileSync(etc, '')),
    ],
    ['a folder in its place', 'is a folder, which is in the way', () => mkdirSync(join(etc, 'redis.conf'))],
    [
      'a folder where it is made first',
      'is a folder, which is in the way',
      () => mkdirSync(join(etc, '.redis.conf.new/full'), { recursive: true }),
    ],
  ])('not with %s, which is told by name', (_what, says, plant) => {
    plant();
    const { code, err } = hook(write);
    expect(code).not.toBe(0);
    expect(err).toMatch(new RegExp(`^error: ${store}/config.*${says}.*remove it`));
  });

  test('not by a name that leads out, and a message steers no terminal', () => {
    expect(hook('printf x | write-config "$etc/../../x"').err).toContain('is no absolute path');
    symlinkSync('/x\u001b[2J\u009b1m', join(etc, 'sub'));
    expect(hook('printf x | write-config "$etc/sub/x"').err).toContain('is a link to /x?[2J?1m, and');
  });

  test('never outside, while a container exchanges the folder for a link over and over', async () => {
    const swap = `my ($at, $to) = @ARGV; while (1) { rename $at, "$at.aside"; symlink $to, $at; unlink $at; rename "$at.aside", $at }`;
    mkdirSync(join(etc, 'sub'));
    const attacker: ChildProcess = spawn('perl', ['-e', swap, join(etc, 'sub'), outside]);
    const ended = hook(
      `for n in {1..60}; do printf $n | write-config "$etc/sub/file" 2>/dev/null || true; make-folder "$etc/sub/folder" 2>/dev/null || true; done`,
    );
    attacker.kill('SIGKILL');
    await new Promise((resolve) => attacker.on('exit', resolve));
    expect(ended.code).toBe(0);
    expect(readdirSync(outside)).toEqual(['passwd']);
  });
});

test('a folder gets its mode, through no link', () => {
  expect(hook('make-folder "$etc/new/inner" 0700; stat -c %a "$etc/new" "$etc/new/inner"').out).toBe(
    '755\n700\n',
  );
  symlinkSync(outside, join(etc, 'linked'));
  for (const path of ['$etc/linked', '$etc/linked/inner'])
    expect(hook(`make-folder "${path}" 0777`)).toMatchObject({ code: 1 });
});

test('on a new host there is no datastore yet: it is made', () => {
  rmSync(store, { recursive: true });
  expect(hook('refuse-links "$etc/x"; remove-path "$etc/x"; make-folder "$SERVICE_DATASTORE"')).toMatchObject(
    {
      code: 0,
      err: '',
    },
  );
  expect(hook(write)).toMatchObject({ code: 0, err: '' });
  expect(readdirSync(store)).toEqual(['config', 'data']);
});

test('what is removed is a name, never what a link leads to', () => {
  symlinkSync(outside, join(etc, 'linked'));
  mkdirSync(join(etc, 'full/inner'), { recursive: true });
  symlinkSync(outside, join(etc, 'full/linked'));
  expect(hook('remove-path "$etc/linked/passwd"').err).toContain('is a link to');
  expect(hook('remove-path "$etc/full" "$etc/linked" "$etc/none" "$etc/none/none"').code).toBe(0);
  expect(readdirSync(etc)).toEqual([]);
});

test('what is read is reached through no link, or through those that stay below a folder', () => {
  mkdirSync(join(etc, 'live/site'), { recursive: true });
  mkdirSync(join(etc, 'archive'));
  writeFileSync(join(etc, 'archive/cert1.pem'), 'certificate');
  symlinkSync('../../archive/cert1.pem', join(etc, 'live/site/cert.pem'));
  symlinkSync('../../../../../../outside/passwd', join(etc, 'live/site/up.pem'));
  symlinkSync(canary, join(etc, 'live/site/absolute.pem'));
  spawnSync('mkfifo', [join(etc, 'live/site/pipe.pem')]);
  expect(hook('read-file "$etc/archive/cert1.pem"')).toMatchObject({ code: 0, out: 'certificate' });
  expect(hook('read-beneath "$etc" live/site/cert.pem')).toMatchObject({ code: 0, out: 'certificate' });
  for (const name of ['cert', 'absolute', 'pipe'])
    expect(hook(`read-file "$etc/live/site/${name}.pem"`)).toMatchObject({ code: 1, out: '' });
  for (const name of ['up', 'absolute', 'pipe', 'none'])
    expect(hook(`read-beneath "$etc" live/site/${name}.pem`)).toMatchObject({ code: 1, out: '' });
});

test('a link with .. is read while the host renames other files: the kernel has to be asked again', () => {
  mkdirSync(join(etc, 'live/site'), { recursive: true });
  mkdirSync(join(etc, 'archive'));
  writeFileSync(join(etc, 'archive/cert1.pem'), 'certificate');
  symlinkSync('../../archive/cert1.pem', join(etc, 'live/site/cert.pem'));
  const renaming = spawn(
    'perl',
    ['-e', 'chdir $ARGV[0]; mkdir "a"; while (1) { rename "a", "b"; rename "b", "a" }', join(etc, 'archive')],
    { stdio: 'ignore' },
  );
  try {
    const reading = 'for n in {1..150}; do read-beneath "$etc" live/site/cert.pem; done';
    expect(hook(reading)).toEqual({ code: 0, out: 'certificate'.repeat(150), err: '' });
  } finally {
    renaming.kill('SIGKILL');
  }
}, 60_000);

test('a log takes what a program says at its end, and is no link, no pipe and no other file’s name', () => {
  const append = 'append-log "$etc/log" 5 sh -c "echo said; echo also >&2"';
  expect(hook(append)).toMatchObject({ code: 0, out: '', err: '' });
  expect(readFileSync(join(etc, 'log'), 'utf8')).toBe('said\nalso\n');
  hook(append);
  expect(readdirSync(etc)).toEqual(['log', 'log.1']);
  for (const plant of [
    () => symlinkSync(canary, join(etc, 'log')),
    () => linkSync(canary, join(etc, 'log')),
    () => spawnSync('mkfifo', [join(etc, 'log')]),
  ]) {
    rmSync(join(etc, 'log'));
    plant();
    expect(hook(append.replace(' 5 ', ' 5000 '))).toMatchObject({ code: 1, out: '' });
  }
});

test('a program runs inside a folder, or not at all', () => {
  expect(hook('run-in "$etc" pwd').out).toBe(`${etc}\n`);
  symlinkSync(outside, join(etc, 'linked'));
  expect(hook('run-in "$etc/linked" touch here').err).toContain('is a link to');
});

test('a password is made once; a link, a folder or another name of a file in its place is told', () => {
  const file = join(store, 'data/redis/.compose/password/app');
  const made = hook('cat "$(password-file app)"');
  expect(made.out).toMatch(/^[0-9a-f]{64}$/);
  expect(statSync(join(file, '..')).mode & 0o7777).toBe(0o700);
  for (const [plant, says] of [
    [() => symlinkSync(canary, file), 'app is a link to'],
    [() => linkSync(canary, file), 'has other names'],
    [() => mkdirSync(file), 'app is a folder'],
  ] as const) {
    rmSync(file, { recursive: true });
    plant();
    const refused = hook('cat "$(password-file app)"');
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain(says);
  }
});

describe.skipIf(process.getuid?.() !== 0)('what belongs to an account (as root)', () => {
  test('is changed with all in it: links themselves, and no other name of a file', () => {
    mkdirSync(join(etc, 'a/b'), { recursive: true });
    writeFileSync(join(etc, 'a/b/file'), '');
    symlinkSync(canary, join(etc, 'a/link'));
    symlinkSync(outside, join(etc, 'a/folder'));
    linkSync(canary, join(etc, 'a/hard'));
    const { code, err } = hook('own-tree "$etc" 70');
    expect([code, err]).toEqual([0, `warning: ${etc}/a/hard has 2 names: its owner stays\n`]);
    for (const name of ['', 'a', 'a/b', 'a/b/file', 'a/link', 'a/folder'])
      expect(lstatSync(join(etc, name)).uid).toBe(70);
    expect([lstatSync(outside).uid, lstatSync(canary).uid]).toEqual([0, 0]);
  });

  test('a file written for an account is its own before it has content, and a password too', () => {
    expect(hook(write.replace('0600', '0400 70')).code).toBe(0);
    expect(statSync(join(etc, 'redis.conf'))).toMatchObject({ uid: 70, mode: 0o100400 });
    expect(hook('stat -c "%u %a" "$(password-file app 70)"').out).toBe('70 400\n');
  });
});

test('what docker is to mount is reached through no link', () => {
  expect(hook('refuse-links "$etc" "$etc/none/none"').code).toBe(0);
  symlinkSync(outside, join(etc, 'linked'));
  for (const path of ['$etc/linked', '$etc/linked/passwd'])
    expect(hook(`refuse-links "${path}"`)).toMatchObject({ code: 1 });
  expect(existsSync(join(outside, 'none'))).toBe(false);
});
