import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { putHost } from '../../../client/config/document.js';
import { loadConfig, mergeConfig } from '../../../client/config/load.js';
import { parseConfig } from '../../../client/config/parse.js';
import { CommandError } from '../../../client/errors.js';

function refusal(text: string): string {
  try {
    parseConfig(text, 'config.yml');
  } catch (error) {
    if (error instanceof CommandError) {
      expect(error.exitCode).toBe(2);
      return `${error.message}\n  ${error.next ?? ''}`;
    }
    throw error;
  }
  throw new Error('accepted');
}

const temporary = (): Promise<string> => mkdtemp(path.join(os.tmpdir(), 'myc-wf-config-'));

describe('an error in the configuration shows line, column, caret and what to write', () => {
  test('an unknown key', () => {
    expect(refusal('hosts:\n  vps1.lab:\n    prot: 22\n')).toBe(
      [
        'config.yml:3:5: "prot" is not a key here',
        '  3 |     prot: 22',
        '    |     ^',
        '  remove it; docs/config.schema.json lists the keys',
      ].join('\n'),
    );
  });

  test('a wrong type', () => {
    expect(refusal('hosts:\n  vps1.lab:\n    port: "22"\n')).toBe(
      [
        'config.yml:3:11: port is text, not a number',
        '  3 |     port: "22"',
        '    |           ^',
        '  write port: a number',
      ].join('\n'),
    );
  });

  test('a list where a mapping belongs', () => {
    expect(refusal('hosts: [vps1.lab]\n')).toBe(
      [
        'config.yml:1:8: hosts is a list, not a mapping',
        '  1 | hosts: [vps1.lab]',
        '    |        ^',
        '  write "key: value" lines, indented, under hosts',
      ].join('\n'),
    );
  });

  test.each([
    ['name: a', 'a has no path', 'path: FOLDER, or git: URL and revision:'],
    ['name: a, path: x, git: y', 'a has a path, and git', 'write path:, or git:'],
    ['name: a, git: "https://x.org/y"', 'a has no revision', 'a full commit hash, or a tag'],
    [
      'name: a, git: "git://x.org/y", revision: v1',
      'git of a is no URL that is fetched',
      'https:// or ssh://',
    ],
    [
      'name: a, git: "ext::sh -c id", revision: v1',
      'git of a is no URL that is fetched',
      'https:// or ssh://',
    ],
    [
      'name: a, git: "--upload-pack=id", revision: v1',
      'git of a is no URL that is fetched',
      'https:// or ssh://',
    ],
    ['name: a, git: "https://u:p@x.org/y", revision: v1', 'git of a holds a password', 'a key over ssh://'],
    ['name: a, git: "git@x.org:y", revision: 3f2a91c', 'no full commit hash and no tag', 'all 40 digits'],
    ['name: a, git: "git@x.org:y", revision: --exec=id', 'no full commit hash and no tag', 'all 40 digits'],
    [
      'name: a, git: /srv/y.git, revision: v1, folder: ../x',
      'folder of a is no path below it',
      'such as charms',
    ],
  ])('a charm repository {%s}', (entry, what, next) => {
    const said = refusal(`charm-repositories:\n  - {${entry}}\n`);
    expect(said).toMatch(/^config\.yml:2:\d+: /);
    expect(said).toContain(what);
    expect(said).toContain(next);
  });

  test.each([
    ['/usr/lib', 'is of the system, and cannot be replaced'],
    ['/var/lib/../app', 'is not an absolute path'],
    ['/srv/charm-store/myc', 'would replace /srv/charm-store'],
  ])('a folder for recoveries: %s', (folder, what) => {
    const said = refusal(`recover-destinations:\n  - /var/lib/app\n  - ${folder}\n`);
    expect(said).toContain(`config.yml:3:5: "${folder}" ${what}`);
  });

  test('a missing key points at its parent', () => {
    expect(refusal('registries:\n  reg.lab:\n    username: me\n')).toBe(
      [
        'config.yml:2:3: "password-file" is missing',
        '  2 |   reg.lab:',
        '    |   ^',
        '  write "password-file: …" (text)',
      ].join('\n'),
    );
  });

  test('a duplicate key', () => {
    expect(refusal('hosts:\n  a.lab: {}\n  a.lab: {}\n')).toBe(
      [
        'config.yml:3:3: this key stands here twice',
        '  3 |   a.lab: {}',
        '    |   ^',
        '  keep one of the two',
      ].join('\n'),
    );
  });

  test('a host name that could reach a shell', () => {
    expect(refusal('hosts:\n  "vps1;reboot": {}\n')).toBe(
      [
        'config.yml:2:3: "vps1;reboot" is not a host name',
        '  2 |   "vps1;reboot": {}',
        '    |   ^',
        '  use a DNS name in lower case, such as vps1.example.org',
      ].join('\n'),
    );
  });

  test('an address with a newline, a user with a leading dash, a target without its port', () => {
    expect(refusal('hosts:\n  a.lab:\n    address: "a\\nb"\n')).toContain(
      'config.yml:3:14: "a\\nb" is not a host name',
    );
    expect(refusal('hosts:\n  a.lab:\n    user: -root\n')).toContain(
      'config.yml:3:11: "-root" is not a user name',
    );
    expect(refusal('backup-targets:\n  b.lab: {}\n')).toContain('config.yml:2:3: "b.lab" is not host:port');
  });

  test('an alias bomb and a file over 1 MiB', () => {
    const levels = Array.from({ length: 9 }, (_, i) => `k${i + 1}: &k${i + 1} [${`*k${i}, `.repeat(9)}]`);
    expect(refusal(`k0: &k0 [x]\n${levels.join('\n')}\n`)).toContain('instead of using aliases');
    expect(refusal(`# ${'x'.repeat(1024 * 1024)}\n`)).toContain('over 1 MiB');
  });
});

test('paths are relative to the file they stand in', () => {
  const config = parseConfig(
    'git-key-file: keys/git\nhosts:\n  a.lab: {identity-file: /k}\n',
    '/etc/0km/config.yml',
  );
  expect(config).toEqual({
    'git-key-file': '/etc/0km/keys/git',
    hosts: { 'a.lab': { 'identity-file': '/k' } },
  });
});

test('an empty file is an empty configuration', () => {
  expect(parseConfig('', 'config.yml')).toEqual({});
});

test("the user's file is merged over the machine's", () => {
  const merged = mergeConfig(
    { hosts: { 'a.lab': { port: 22, user: 'root' } }, 'registry-mirrors': ['x', 'y'] },
    { hosts: { 'a.lab': { port: 23 }, 'b.lab': {} }, 'registry-mirrors': ['z'] },
  );
  expect(merged).toEqual({
    hosts: { 'a.lab': { port: 23, user: 'root' }, 'b.lab': {} },
    'registry-mirrors': ['z'],
  });
});

test('a named file that is not there is refused; MYC_WF_CONFIG names one too', async () => {
  const file = path.join(await temporary(), 'config.yml');
  await expect(loadConfig({ env: { MYC_WF_CONFIG: file } })).rejects.toMatchObject({
    exitCode: 2,
    message: `${file} does not exist`,
  });
  await writeFile(file, 'git-key-file: git\n');
  const loaded = await loadConfig({ env: { MYC_WF_CONFIG: file } });
  expect(loaded).toEqual({
    config: { 'git-key-file': path.join(path.dirname(file), 'git') },
    files: [file],
    writeTo: file,
  });
});

test('adding a host keeps comments, order and the file mode', async () => {
  const file = path.join(await temporary(), 'config.yml');
  const before = '# mine\nhosts:\n  # first\n  a.lab:\n    port: 22 # as ever\ntemporal: {}\n';
  await writeFile(file, before, { mode: 0o640 });
  await putHost(file, 'b.lab', { user: 'root', 'host-keys': ['ssh-ed25519 AAAA'] });
  await putHost(file, 'a.lab', { port: 2222 });
  expect(await readFile(file, 'utf8')).toBe(
    '# mine\nhosts:\n  # first\n  a.lab:\n    port: 2222 # as ever\n  b.lab:\n    user: root\n    host-keys:\n      - ssh-ed25519 AAAA\ntemporal: {}\n',
  );
  expect((await stat(file)).mode & 0o777).toBe(0o640);
});

test('the first host makes the file, readable by its owner only', async () => {
  const file = path.join(await temporary(), 'new', 'config.yml');
  await putHost(file, 'b.lab', { 'host-keys': ['ssh-ed25519 AAAA'] });
  expect(await readFile(file, 'utf8')).toBe('hosts:\n  b.lab:\n    host-keys:\n      - ssh-ed25519 AAAA\n');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});
