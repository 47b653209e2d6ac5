import { realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import {
  type CharmRepository,
  ownRepository,
  readCharmRepositories,
} from '../activities/charm-repositories.js';
import { charmSources } from '../activities/charm-sources.js';
import type { Charm } from '../charms/engine/index.js';
import { loadCharms } from '../charms/engine/loader.js';
import type { Config } from './config/schema.js';
import { usage } from './errors.js';

type Repositories = readonly Pick<CharmRepository, 'name' | 'charms' | 'path' | 'from'>[];

/** `--charms` in their order, else those of the configuration; the charms that come with myc-wf are last, as on a host. */
export async function charmsOf(
  folders: readonly string[],
  { 'charm-repositories': configured = [] }: Config,
): Promise<Repositories> {
  const own = readCharmRepositories();
  if (folders.length === 0) return readCharmRepositories(await charmSources(configured));
  const names = new Set<string>([ownRepository]);
  const given = folders.map((folder): { name: string; path: string; charms: Charm[] } => {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw usage(`--charms ${folder} is no folder`, 'name a folder with a folder for each charm in it');
    const at = realpathSync(folder);
    const known = configured.find(({ path: one }) => one !== undefined && path.resolve(one) === at)?.name;
    const name = unused(names, known ?? nameOf(at));
    names.add(name);
    return { name, path: at, charms: loadCharms(folder, name) };
  });
  const none = given.findIndex(({ charms }) => charms.length === 0);
  if (none >= 0)
    throw usage(`--charms ${folders[none]} holds no charm`, 'a charm is a folder with a metadata.yml');
  return [...given, ...own];
}

/** What the repository is called on a host; the folder's own name as far as it can be. */
const nameOf = (folder: string): string =>
  path
    .basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 60) || 'charms';

function unused(names: ReadonlySet<string>, name: string): string {
  for (let number = 2, free = name; ; number += 1) {
    if (!names.has(free)) return free;
    free = `${name}-${number}`;
  }
}
