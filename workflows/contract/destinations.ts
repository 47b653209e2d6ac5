import { BadInput, shown } from './bad-input.js';
import { type AbsolutePath, parseAbsolutePath } from './names.js';

/**
 * Where a recovery may put what it takes out of a backup: places of data, in which no program of
 * root looks for its own files. An allow-list, since nobody can list what a system reads as root.
 */
const places = [
  /^\/srv\/[^/]/,
  /^\/opt\/[^/]/,
  // What is hidden in a home is read at logins: keys, profiles, settings of programs.
  /^\/home\/[^./][^/]*\/[^./]/,
  /^\/root\/[^./]/,
  /^\/var\/www\/[^/]/,
  /^\/var\/backups\/[^/]/,
  /^\/mnt\/[^/]+\/[^/]/,
];

/**
 * Ours and Docker's, whatever is allowed around them; also refused where one of them would go with
 * the folder around it.
 */
const kept = [
  '/opt/apps/myc-deploy',
  '/opt/containerd',
  '/srv/charm-store',
  '/srv/.myc-wf-restore',
  '/var/lib/containerd',
  '/var/lib/docker',
  '/var/lib/myc-wf',
];

/** Never listed: the kernel's, and what is made anew at each boot. */
const unlisted = /^\/(?:dev|proc|run|sys)(?:\/|$)/;

/** Where the recovery of a whole host puts what it takes; nothing else goes there. */
export const hostDestinations: readonly string[] = [
  '/opt/apps/myc-deploy',
  '/srv/datastore',
  '/var/lib/myc-wf/backup/dumps',
];

const rule =
  'use a folder below /srv, /opt, /home/NAME, /root, /var/www, /var/backups or /mnt/NAME, not hidden in a home; or list its ' +
  "folder under recover-destinations in the worker's configuration";

/** Where a path of a backup may go; `listed` are the folders that the configuration adds. */
export function parseDestination(value: unknown, listed: readonly string[] = []): AbsolutePath {
  const path = parseAbsolutePath(value);
  const own = kept.find((one) => overlaps(path, one));
  if (own !== undefined)
    throw new BadInput(`${shown(path)} would replace ${own}, which is not data`, 'take it to another folder');
  if (path.split('/').some((part) => part.startsWith('.myc-wf-') || part.length > 255))
    throw new BadInput(`${shown(path)} has a name that cannot be used`, 'take it to another folder');
  if (!places.some((place) => place.test(path)) && !listed.some((folder) => isBelow(path, folder)))
    throw new BadInput(`${shown(path)} is no place for what a recovery brings`, rule);
  return path;
}

/** A folder of `recover-destinations`: one that can be replaced, with all that is below it. */
export function parseListedDestination(value: unknown): AbsolutePath {
  const path = parseAbsolutePath(value);
  const next = 'list a folder of data, such as /var/lib/app';
  if (system.test(path) || unlisted.test(path))
    throw new BadInput(`${shown(path)} is of the system, and cannot be replaced`, next);
  const own = kept.find((one) => overlaps(path, one));
  if (own !== undefined) throw new BadInput(`${shown(path)} would replace ${own}, which is not data`, next);
  return path;
}

/** Folders of every system: to replace one as a whole would take the host with it. */
const system = new RegExp(
  `^/(?:${[
    '|media|mnt|opt|root|srv|tmp',
    '(?:bin|boot|lib\\w*|sbin|usr)(?:/.*)?',
    'etc(?:/(?:apt|cron\\.\\w+|pam\\.d|ssh|ssl|sudoers\\.d|systemd)(?:/.*)?)?',
    'home(?:/[^/]*)?',
    'var(?:/(?:backups|cache|lib|local|log|mail|spool(?:/cron.*)?|www))?',
    'var/lib/(?:apt|dpkg|systemd)(?:/.*)?',
  ].join('|')})$`,
  's',
);

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);
const overlaps = (one: string, other: string): boolean => isBelow(one, other) || isBelow(other, one);
