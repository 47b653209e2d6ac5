import { isCommit, protocolOf } from '../../activities/git/revision.js';
import type { Config } from './schema.js';

type Repository = NonNullable<Config['charm-repositories']>[number];

/** What an entry of charm-repositories has that cannot be right, at which key. */
export function wrongRepository(
  repository: Repository,
): { key: string; what: string; next: string } | undefined {
  const { name, path, git, revision, folder } = repository;
  if (path !== undefined) {
    const more = Object.keys(repository).find((key) => key !== 'name' && key !== 'path');
    if (more === undefined) return undefined;
    return { key: more, what: `${name} has a path, and ${more}`, next: 'write path:, or git: and revision:' };
  }
  if (git === undefined)
    return {
      key: 'name',
      what: `${name} has no path`,
      next: 'write path: FOLDER, or git: URL and revision:',
    };
  if (/[\s\p{Cc}]/u.test(git) || protocolOf(git) === undefined)
    return {
      key: 'git',
      what: `git of ${name} is no URL that is fetched`,
      next: 'write https:// or ssh://, user@host:path or an absolute path',
    };
  if (revision === undefined)
    return {
      key: 'git',
      what: `${name} has no revision`,
      next: 'write revision: with a full commit hash, or a tag',
    };
  if (!isCommit(revision) && !isTag(revision))
    return {
      key: 'revision',
      what: `revision of ${name} is no full commit hash and no tag`,
      next: 'write all 40 digits, or a tag such as v1.2',
    };
  if (folder !== undefined && !/^[\w.-]+(\/[\w.-]+)*$/.test(folder))
    return { key: 'folder', what: `folder of ${name} is no path below it`, next: 'write one such as charms' };
  if (folder?.split('/').some((part) => part === '.' || part === '..'))
    return { key: 'folder', what: `folder of ${name} is no path below it`, next: 'write one such as charms' };
  return undefined;
}

/** As git takes the names of tags, less what nobody uses; a hash that was cut off is none. */
const isTag = (revision: string): boolean =>
  /^[A-Za-z0-9][\w.+/-]{0,199}$/.test(revision) &&
  !/\.\.|\/\/|\.lock$|[./]$/.test(revision) &&
  !/^[0-9a-f]{7,64}$/.test(revision);
