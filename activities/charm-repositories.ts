import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { loadCharms } from '../charms/engine/loader.js';
import type { Charm } from '../charms/engine/index.js';
import { BadInput, shown } from '../workflows/contract/bad-input.js';
import type { CharmSource } from './charm-sources.js';
import { type TarEntry, tarOf } from './commands/tar.js';

/** The charms that come with myc-wf: beside this folder in the source tree, and in dist. */
const ownCharms = fileURLToPath(new URL('../charms', import.meta.url));
export const ownRepository = 'myc';

/** A folder of charms as it is now; its digest names it on the hosts. */
export interface CharmRepository {
  name: string;
  path: string;
  from?: CharmSource['from'];
  digest: string;
  charms: Charm[];
  /** The whole folder as tar.gz; made when it is asked for. */
  archive: () => Buffer;
}

/** In the order they are searched: the configured ones, then those that come with myc-wf. */
export function readCharmRepositories(configured: readonly CharmSource[] = []): CharmRepository[] {
  const names = configured.map(({ name }) => name);
  const twice = names.find((name, index) => name === ownRepository || names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new BadInput(
      `two charm repositories have the name ${shown(twice)}`,
      'give each its own under "charm-repositories:"; myc is the one that comes with myc-wf',
    );
  return [...configured, { name: ownRepository, path: ownCharms }].map(readRepository);
}

function readRepository({ name, path, from }: CharmSource): CharmRepository {
  if (!/^[a-z0-9][a-z0-9_-]{0,63}$/.test(name))
    throw new BadInput(
      `${shown(name)} is not the name of a charm repository`,
      'use lower-case letters, digits, dashes and underscores',
    );
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new BadInput(
      `the charm repository ${name} is not at ${path}`,
      'correct its path under "charm-repositories:"',
    );
  // The engine is the worker's own program, not part of a charm.
  const entries = entriesOf(path, path === ownCharms ? ['engine'] : []);
  const digest = digestOf(entries);
  return {
    ...{ name, path, digest },
    ...(from === undefined ? {} : { from }),
    charms: charmsOf(name, path, digest),
    archive: () => gzipSync(tarOf(entries)),
  };
}

/** By what tells them apart: each activity asks, and most of the work is YAML that says the same as before. */
const known = new Map<string, { digest: string; charms: Charm[] }>();

function charmsOf(name: string, path: string, digest: string): Charm[] {
  const key = JSON.stringify([name, path]);
  const last = known.get(key);
  if (last?.digest === digest) return last.charms;
  const charms = loadCharms(path, name);
  known.set(key, { digest, charms });
  return charms;
}

const maxBytes = 64 * 1024 * 1024;

function entriesOf(root: string, without: readonly string[]): TarEntry[] {
  let bytes = 0;
  const below = (folder: string): TarEntry[] =>
    readdirSync(join(root, folder))
      .sort()
      .filter(
        (name) => name !== '.git' && name !== 'node_modules' && !(folder === '' && without.includes(name)),
      )
      .flatMap((name) => {
        const path = posix.join(folder, name);
        const found = lstatSync(join(root, path));
        bytes += found.size;
        if (bytes > maxBytes)
          throw new BadInput(
            `the charm repository at ${root} is over 64 MiB`,
            'name a folder of charms only',
          );
        if (found.isDirectory()) return [{ path, mode: 0o755 }, ...below(path)];
        if (found.isSymbolicLink()) return [{ path, mode: 0o777, link: insideLink(root, path) }];
        if (!found.isFile()) throw new BadInput(`${join(root, path)} is no file`, 'remove it');
        return [
          { path, mode: (found.mode & 0o100) === 0 ? 0o644 : 0o755, content: readFileSync(join(root, path)) },
        ];
      });
  return below('');
}

/** A link that leaves the folder would mean another file on the host. */
function insideLink(root: string, path: string): string {
  const link = readlinkSync(join(root, path));
  const end = posix.normalize(posix.join(posix.dirname(path), link));
  if (posix.isAbsolute(link) || end === '..' || end.startsWith('../'))
    throw new BadInput(`${join(root, path)} points out of its charm repository`, 'put the file itself there');
  return link;
}

function digestOf(entries: readonly TarEntry[]): string {
  const hash = createHash('sha256');
  for (const { path, mode, content, link } of entries)
    hash.update(JSON.stringify([path, mode, content?.length ?? null, link ?? null])).update(content ?? '');
  return hash.digest('hex').slice(0, 32);
}
