import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCharmRepositories } from '../../activities/charm-repositories.js';
import { charmSources } from '../../activities/charm-sources.js';
import { type TestSshd, startSshd } from './adapters/remote/sshd.js';

let root: string;
let work: string;
let sshd: TestSshd;
let stopped: () => Promise<void>;

beforeEach(async () => {
  root = mkdtempSync(path.join(tmpdir(), 'git-charms-'));
  work = path.join(root, 'work');
  mkdirSync(path.join(work, 'charms/house/hooks'), { recursive: true });
  git('init', '--quiet', '--initial-branch=main');
  write('charms/house/metadata.yml', 'docker-image: httpd:2.4\n');
  write('charms/house/hooks/init', '#!/bin/bash\n', 0o755);
  sshd = await startSshd();
  let end: Promise<void> | undefined;
  stopped = () => (end ??= sshd.stop());
});
afterEach(async () => {
  await stopped();
  rmSync(root, { recursive: true, force: true });
});

const git = (...args: string[]): string =>
  execFileSync(
    'git',
    ['-C', work, '-c', 'user.name=a', '-c', 'user.email=a@b', '-c', 'protocol.file.allow=always', ...args],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  ).trim();
const write = (file: string, text: string, mode = 0o644): void => {
  mkdirSync(path.dirname(path.join(work, file)), { recursive: true });
  writeFileSync(path.join(work, file), text, { mode });
};
/** What a server has: the bare repository of the work. */
const published = (): string => {
  git('add', '--all');
  git('commit', '--quiet', '--allow-empty', '-m', 'x');
  rmSync(path.join(root, 'charms.git'), { recursive: true, force: true });
  git('clone', '--quiet', '--bare', work, path.join(root, 'charms.git'));
  return git('rev-parse', 'HEAD');
};
const cache = () => path.join(root, 'cache');
const source = (revision: string, more: object = {}) => {
  const { user, port, identityFile, hostKeys } = sshd.login;
  return charmSources(
    [
      {
        ...{ name: 'team', git: `ssh://${user}@127.0.0.1:${port}${root}/charms.git`, revision },
        ...{ 'identity-file': identityFile!, 'host-keys': [...hostKeys] },
        ...more,
      },
    ],
    cache(),
  );
};
const files = (folder: string) => (readdirSync(folder, { recursive: true }) as string[]).sort();

describe('charms that Git has', () => {
  it('are those of the commit, and need no server once they are here', async () => {
    const commit = published();
    write('charms/house/metadata.yml', 'docker-image: another\n');
    published();
    const [found] = await source(commit, { folder: 'charms' });
    expect(found).toMatchObject({ name: 'team', from: { revision: commit, commit } });
    expect(files(found!.path)).toEqual(['house', 'house/hooks', 'house/hooks/init', 'house/metadata.yml']);
    const [team] = readCharmRepositories([found!]);
    expect(team!.charms).toMatchObject([
      { name: 'house', hooks: ['init'], metadata: { 'docker-image': 'httpd:2.4' } },
    ]);
    await stopped();
    expect(await source(commit, { folder: 'charms' })).toEqual([found]);
  });

  it('are found in sub-folders of all of it, too; asked for at once they are fetched once', async () => {
    const commit = published();
    const both = await Promise.all([source(commit), source(commit)]);
    expect(both[0]).toEqual(both[1]);
    expect(readCharmRepositories(both[0])[0]!.charms).toMatchObject([{ name: 'charms/house' }]);
    expect(readdirSync(path.join(cache(), commit))).toEqual(['all']);
  });

  it('of a tag are those it meant at first, annotated or not, also when it is moved', async () => {
    const commit = published();
    git('tag', 'v1');
    git('tag', '-a', '-m', 'two', 'team/v2');
    published();
    expect((await source('v1'))[0]!.from).toMatchObject({ revision: 'v1', commit });
    expect((await source('team/v2'))[0]!.from).toMatchObject({ commit });
    write('charms/house/metadata.yml', 'docker-image: moved\n');
    git('add', '--all');
    git('commit', '-m', 'moved');
    git('tag', '--force', 'v1');
    published();
    expect((await source('v1'))[0]!.from).toMatchObject({ commit });
  });

  it('that are not there, or whose server is away or another one, are told in one line', async () => {
    const commit = published();
    await expect(source('f'.repeat(40))).rejects.toThrow(
      /^ssh:\S+charms\.git has no commit f{40}; correct "revision:" of the charm repository team$/,
    );
    await expect(source('v9')).rejects.toThrow(/has no tag v9; correct "revision:"/);
    await expect(source(commit, { folder: 'none' })).rejects.toThrow(/has no folder none; correct "folder:"/);
    // A folder of that name would be in the way of the next try.
    expect(readdirSync(path.join(cache(), commit))).toEqual([]);
    await expect(source(commit, { 'host-keys': [sshd.otherHostKey] })).rejects.toThrow(
      /Host key verification failed/,
    );
    await expect(source(commit, { 'identity-file': sshd.strangerKey })).rejects.toThrow(/Permission denied/);
    await stopped();
    const away = (await source(commit).catch((error: unknown) => error)) as Error;
    expect(away).toMatchObject({ type: 'CharmsUnreachable', nonRetryable: true });
    expect(away.message).toMatch(
      /^the charm repository team cannot be fetched from ssh:.*refused.*check that its server is up/,
    );
  });
});

describe('a hostile repository', () => {
  const canary = () => path.join(root, 'owned');

  it('runs nothing: no hook, no filter, no submodule, and its files come as they are', async () => {
    const run = `#!/bin/sh\ntouch ${canary()}\n`;
    for (const hook of ['post-checkout', 'reference-transaction', 'post-merge'])
      write(`.githooks/${hook}`, run, 0o755);
    write('.gitconfig', `[core]\n\thooksPath = .githooks\n[filter "evil"]\n\tsmudge = touch ${canary()}\n`);
    write(
      '.gitattributes',
      '*.txt filter=evil eol=crlf ident export-subst\nhidden export-ignore\n*.bin filter=lfs\n',
    );
    write('charms/house/a.txt', '$Id$ $Format:%H$\n');
    write('charms/house/hidden', 'kept\n');
    write('charms/house/large.bin', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n');
    published();
    git('submodule', 'add', '--quiet', work, 'sub');
    const [found] = await source(published());
    expect(readFileSync(path.join(found!.path, 'charms/house/a.txt'), 'utf8')).toBe('$Id$ $Format:%H$\n');
    expect(files(found!.path)).toEqual(
      expect.arrayContaining(['charms/house/hidden', 'charms/house/large.bin']),
    );
    expect(existsSync(path.join(found!.path, 'sub'))).toBe(false);
    expect(existsSync(path.join(found!.path, '.git'))).toBe(false);
    expect(existsSync(canary())).toBe(false);
  });

  it.each([['/etc/passwd'], ['../../../etc/passwd'], ['../charms/../../x'], ['..']])(
    'with a link that leads to %s is refused',
    async (target) => {
      symlinkSync(target, path.join(work, 'charms/out'));
      const commit = published();
      if (target === '..') expect((await source(commit))[0]).toBeDefined();
      else {
        await expect(source(commit)).rejects.toThrow(/has a link "charms\/out" that leads to .*, out of it/);
        expect(readdirSync(path.join(cache(), commit))).toEqual([]);
      }
    },
  );

  it('with a tree that no git would make is refused before a file is written', async () => {
    const blob = execFileSync('git', ['-C', work, 'hash-object', '-w', '--stdin'], { input: 'x' })
      .toString()
      .trim();
    const treeOf = (name: string) => {
      const entry = Buffer.concat([Buffer.from(`100644 ${name}\0`), Buffer.from(blob, 'hex')]);
      return execFileSync('git', ['-C', work, 'hash-object', '-w', '-t', 'tree', '--literally', '--stdin'], {
        input: entry,
      })
        .toString()
        .trim();
    };
    for (const name of ['..', '.git', 'a/../../b', 'a\nb']) {
      const commit = git('commit-tree', treeOf(name), '-m', 'x');
      git('update-ref', 'refs/heads/evil', commit);
      published();
      await expect(source(commit), name).rejects.toThrow();
      expect(readdirSync(path.join(cache(), commit)), name).toEqual([]);
    }
  });
});
