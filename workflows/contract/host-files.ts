import { BadInput, shown } from './bad-input.js';
import { type AbsolutePath, parseAbsolutePath } from './names.js';

/**
 * A file of the host that an action reads or writes, as root. Not in the datastore: its containers
 * decide what a name there leads to, such as a link to a file of the host.
 */
export function parseHostFile(value: unknown): AbsolutePath {
  const path = parseAbsolutePath(value);
  if (path !== '/srv/datastore' && !path.startsWith('/srv/datastore/')) return path;
  throw new BadInput(
    `${shown(path)} is in the datastore, where containers decide what a name leads to`,
    'name a file elsewhere, such as /root/dump.zip',
  );
}
