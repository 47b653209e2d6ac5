import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { shellQuote } from '../commands/quote.js';
import { BadInput } from '../../workflows/contract/bad-input.js';
import { charmsUnreachable } from '../failures.js';
import { type GitOptions, git } from './git.js';
import { isCommit, protocolOf } from './revision.js';
import { writeTree } from './tree.js';

/** Charms of others, at one commit. */
export interface GitSource {
  /** Of the charm repository, for messages. */
  name: string;
  git: string;
  /** A full commit hash, or a tag. */
  revision: string;
  folder?: string | undefined;
  identityFile?: string | undefined;
  hostKeys?: readonly string[] | undefined;
}

/** The commit that a tag means; the server is asked. */
export async function commitOfTag(source: GitSource, work: string): Promise<string> {
  const tag = `refs/tags/${source.revision}`;
  const { exit, stdout, stderr } = await git(
    ['ls-remote', '--', source.git, tag, `${tag}^{}`],
    await reaching(source, work),
  );
  if (exit !== 0) throw unreachable(source, stderr);
  const found = stdout
    .toString('utf8')
    .split('\n')
    .map((line) => line.split('\t'));
  // Of an annotated tag the commit, not the tag's own object.
  const [commit = ''] =
    found.find(([, ref]) => ref === `${tag}^{}`) ?? found.find(([, ref]) => ref === tag) ?? [];
  if (!isCommit(commit)) throw noRevision(source, 'no tag');
  return commit;
}

/** The files of a commit, or of one of its folders, into `target`, which is there whole or not at all. */
export async function fetchInto(source: GitSource, commit: string, target: string): Promise<void> {
  await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
  const work = await mkdtemp(`${target}.new-`);
  try {
    const options = await reaching(source, work);
    const repository = path.join(work, 'repository.git');
    await git(['init', '--quiet', '--bare', '--template=', repository], { folder: work });
    const from = { ...options, folder: repository };
    await fetchCommit(source, commit, from);
    const files = path.join(work, 'files');
    await mkdir(files);
    const where = `${source.git} at ${source.revision}`;
    const tree = source.folder === undefined ? commit : `${commit}:${source.folder}`;
    const there = await git(['cat-file', '-t', tree], from);
    if (source.folder !== undefined && there.stdout.toString().trim() !== 'tree')
      throw new BadInput(
        `${where} has no folder ${source.folder}`,
        `correct "folder:" of the charm repository ${source.name}`,
      );
    await writeTree(tree, from, files, where);
    await rename(files, target).catch(async (error: unknown) => {
      // Another process was first, with the same.
      if ((await stat(target).catch(() => undefined))?.isDirectory() !== true) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** What git receives it names by its content: an object of this name is what was pinned. */
async function fetchCommit(source: GitSource, commit: string, options: GitOptions): Promise<void> {
  const fetch = (...words: string[]) =>
    git(
      ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', ...words],
      options,
    );
  const one = await fetch('--depth=1', '--', source.git, commit);
  // Older servers give branches and tags only.
  if (one.exit !== 0) {
    const all = await fetch('--', source.git, '+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*');
    if (all.exit !== 0) throw unreachable(source, all.stderr);
  }
  const { stdout } = await git(['cat-file', '-t', commit], options);
  if (stdout.toString().trim() !== 'commit') throw noRevision(source, 'no commit');
}

/** A server is known by the keys of the configuration, else by the user's known_hosts; an unknown one is refused. */
async function reaching(
  { git: url, identityFile, hostKeys }: GitSource,
  folder: string,
): Promise<GitOptions> {
  const protocol = protocolOf(url)!;
  if (protocol !== 'ssh') return { folder, protocol };
  const words = ['ssh', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10', '-o', 'ServerAliveInterval=5'];
  words.push('-o', 'StrictHostKeyChecking=yes', '-o', 'PermitLocalCommand=no', '-o', 'ForwardAgent=no');
  if (identityFile !== undefined) words.push('-i', identityFile, '-o', 'IdentitiesOnly=yes');
  if (hostKeys !== undefined) {
    const file = path.join(folder, 'known_hosts');
    await writeFile(file, hostKeys.map((key) => `charms ${key}\n`).join(''), { mode: 0o600 });
    words.push(
      '-o',
      `UserKnownHostsFile=${file}`,
      '-o',
      'GlobalKnownHostsFile=/dev/null',
      '-o',
      'HostKeyAlias=charms',
    );
  }
  return { folder, protocol, sshCommand: words.map(shellQuote).join(' ') };
}

/** Of all that ssh and git say the last is the reason. */
const unreachable = ({ name, git: url }: GitSource, stderr: string): Error => {
  const said = stderr
    .split('\n')
    .map((line) => line.replace(/^(fatal|error): /, '').trim())
    .filter(
      (line) => /\w/.test(line) && !/^(Could not read from|Please make sure|and the repository)/.test(line),
    );
  return charmsUnreachable(name, url, (said.at(-1) ?? 'git said nothing').slice(0, 300));
};

const noRevision = ({ name, git: url, revision }: GitSource, what: string): BadInput =>
  new BadInput(`${url} has ${what} ${revision}`, `correct "revision:" of the charm repository ${name}`);
