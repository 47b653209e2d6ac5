import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cacheFolder } from './names.js';
import { docker } from './run.js';

const folder = path.join(cacheFolder, 'images');
/** One is of this checkout; others may be on other branches. */
const kept = 2;

/** Saves the images as one file, in which a layer that they share stands once, beside the list of their names. */
export async function saveImages(images: string[]): Promise<void> {
  const list = `${[...images].sort().join('\n')}\n`;
  const key = createHash('sha256').update(list).digest('hex').slice(0, 12);
  const at = (name: string) => path.join(folder, name);
  if (await stat(at(`${key}.list`)).catch(() => null)) return;
  await mkdir(folder, { recursive: true });
  await docker(['save', '--output', at('making.tar'), ...images]);
  await rename(at('making.tar'), at(`${key}.tar`));
  await writeFile(at('making.list'), list);
  await rename(at('making.list'), at(`${key}.list`));
  for (const old of (await savedLists()).slice(kept)) {
    await rm(old);
    await rm(old.replace(/list$/, 'tar'), { force: true });
  }
}

/** True when the image was saved, and Docker has it again. */
export async function loadImage(image: string, say: (line: string) => void): Promise<boolean> {
  for (const list of await savedLists()) {
    if (!(await readFile(list, 'utf8')).split('\n').includes(image)) continue;
    say('loading the images that were saved');
    await docker(['load', '--quiet', '--input', list.replace(/list$/, 'tar')]);
    return true;
  }
  return false;
}

/** Newest first. */
async function savedLists(): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const lists = names
    .filter((name) => /^[0-9a-f]{12}\.list$/.test(name))
    .map((name) => path.join(folder, name));
  const ages = await Promise.all(lists.map(async (file) => ({ file, at: (await stat(file)).mtimeMs })));
  return ages.sort((a, b) => b.at - a.at).map(({ file }) => file);
}
