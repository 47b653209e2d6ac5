import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type AptSettings, cachedArchive, readAptSettings, withoutProxies } from './apt-settings.js';
import { ensureAuthority } from './authority.js';
import { ensureBaseImage, release } from './base-image.js';
import { loadImage } from './image-store.js';
import { hasOwnImages, imageLabel, imageName } from './names.js';
import { docker } from './run.js';

type Say = (line: string) => void;

/** What hosts are made of: a bare Debian that trusts the lab's authority. */
export async function ensureHostImage(say: Say): Promise<string> {
  const { caFile } = await ensureAuthority();
  const apt = await readAptSettings();
  const files = {
    'ca.crt': await readFile(caFile, 'utf8'),
    // The lab's cache stands before the archive, and knows this machine's proxy itself.
    'host-apt.conf': cachedArchive(apt) ? withoutProxies(apt.conf) : apt.conf,
  };
  return buildImage('image', files, say);
}

/** Keeps what only apt on this host would read out of the image, and what public images leave out too. */
const lean = [
  ...['Dir::Cache::pkgcache "";', 'Dir::Cache::srcpkgcache "";', 'Acquire::Languages "none";'],
  'APT::Keep-Downloaded-Packages "false";',
  ...['doc', 'locale', 'man'].map((name) => `DPkg::Options:: "--path-exclude=/usr/share/${name}/*";`),
  '',
].join('\n');

/** What an image is built on; its name changes when it is made of something else. */
export interface Base {
  name: string;
  ensure: (apt: AptSettings, say: Say) => Promise<string>;
  /** Puts what no Debian package has into the folder that is built; returns arguments of the build. */
  bring?: (context: string, say: Say) => Promise<Record<string, string>>;
}

/**
 * Builds a folder of test/lab (`image`, `services`, `stand-ins/…`) on the bare Debian and returns the image's name, which
 * says by its tag what it was made of: a second call takes what is there. `files` are added to the folder.
 */
export async function buildImage(
  folder: string,
  files: Record<string, string>,
  say: Say,
  base: Base = { name: release, ensure: ensureBaseImage },
): Promise<string> {
  const apt = await readAptSettings();
  const source = path.join(import.meta.dirname, folder);
  const added = {
    ...files,
    'apt.conf': apt.conf + lean,
    'sources.list': `deb ${apt.mirror} ${release} main\n`,
  };
  const image = imageName(`${path.basename(folder)}:${await digest(source, base.name, added)}`);
  if (await docker(['images', '-q', image])) return image;
  if (await loadImage(image, say)) return image;
  const from = await base.ensure(apt, say);
  say(`building ${image}`);
  const context = await mkdtemp(path.join(tmpdir(), 'myc-wf-lab-'));
  try {
    await cp(source, context, { recursive: true });
    for (const [name, text] of Object.entries(added)) await writeFile(path.join(context, name), text);
    const given = { BASE: from, ...(await base.bring?.(context, say)) };
    const names = Object.keys(given).flatMap((name) => ['--build-arg', name]);
    const how = ['-q', ...(hasOwnImages ? ['--no-cache'] : []), '--label', imageLabel];
    await docker(['build', ...how, ...names, '-t', image, context], { env: given });
  } finally {
    await rm(context, { recursive: true, force: true });
  }
  return image;
}

async function digest(source: string, base: string, added: Record<string, string>): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([base, added]));
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  for (const file of files.sort()) hash.update(path.relative(source, file)).update(await readFile(file));
  return hash.digest('hex').slice(0, 12);
}
