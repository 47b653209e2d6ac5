import { createHash } from 'node:crypto';
import { link, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Config } from '../client/config/schema.js';
import { BadInput } from '../workflows/contract/bad-input.js';
import { type GitSource, commitOfTag, fetchInto } from './git/fetch.js';
import { isCommit } from './git/revision.js';

/** A charm repository of the configuration as a folder of this machine. */
export interface CharmSource {
  name: string;
  path: string;
  /** Of one that Git has. */
  from?: { git: string; revision: string; commit: string };
}

type Configured = NonNullable<Config['charm-repositories']>[number];

const cacheFolder = (env = process.env): string =>
  path.join(env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache'), 'myc-wf', 'charms');

/** Several activities ask at once. */
const underWay = new Map<string, Promise<CharmSource>>();

/** Fetches what is not in the cache yet; what is there is never asked for again, so it needs no network. */
export function charmSources(
  configured: readonly Configured[] = [],
  cache = cacheFolder(),
): Promise<CharmSource[]> {
  return Promise.all(configured.map((one) => sourceOf(one, cache)));
}

async function sourceOf(one: Configured, cache: string): Promise<CharmSource> {
  const { name, path: folder, git, revision } = one;
  if (folder !== undefined) return { name, path: folder };
  if (git === undefined || revision === undefined)
    throw new BadInput(
      `the charm repository ${name} has no path`,
      'write path: FOLDER, or git: URL and revision:',
    );
  const source: GitSource = {
    ...{ name, git, revision, folder: one.folder },
    ...{ identityFile: one['identity-file'], hostKeys: one['host-keys'] },
  };
  const key = JSON.stringify([cache, source]);
  const known = underWay.get(key);
  if (known !== undefined) return known;
  const fetched = cached(source, cache).finally(() => underWay.delete(key));
  underWay.set(key, fetched);
  return fetched;
}

async function cached(source: GitSource, cache: string): Promise<CharmSource> {
  const { name, git, revision, folder } = source;
  await mkdir(cache, { recursive: true, mode: 0o700 });
  const commit = isCommit(revision) ? revision : await pinned(source, cache);
  const target = path.join(cache, commit, folder === undefined ? 'all' : `folder-${digest(folder)}`);
  if ((await stat(target).catch(() => undefined)) === undefined) await fetchInto(source, commit, target);
  return { name, path: target, from: { git, revision, commit } };
}

/** A tag means what it meant when it was first asked for: one that is moved later moves nothing here. */
async function pinned(source: GitSource, cache: string): Promise<string> {
  const file = path.join(cache, 'tags', digest(`${source.git}\n${source.revision}`));
  const known = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (isCommit(known)) return known;
  const work = await mkdtemp(path.join(cache, '.tag-'));
  try {
    const commit = await commitOfTag(source, work);
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(path.join(work, 'pin'), `${commit}\n`, { flush: true });
    return await keepFirst(path.join(work, 'pin'), file, commit);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/**
 * Of two processes that ask at once both go by what the first was told, though the tag may move in
 * between.
 */
async function keepFirst(made: string, file: string, commit: string): Promise<string> {
  try {
    await link(made, file);
    return commit;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const known = (await readFile(file, 'utf8')).trim();
  if (isCommit(known)) return known;
  await rename(made, file);
  return commit;
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
