import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type AptSettings, readAptSettings } from './apt-settings.js';
import { ensureAuthority } from './authority.js';
import { cacheFolder, imageLabel } from './names.js';
import { docker, run } from './run.js';

const release = 'trixie';
type Say = (line: string) => void;

/** What hosts are made of: a bare Debian that trusts the lab's authority. */
export async function ensureHostImage(say: Say): Promise<string> {
  const { caFile } = await ensureAuthority();
  return buildImage('image', { 'ca.crt': await readFile(caFile, 'utf8') }, say);
}

/**
 * Builds a folder of test/lab (`image`, `services`, `stand-ins/…`) on the bare Debian and returns the image's name, which
 * says by its tag what it was made of: a second call takes what is there. `files` are added to the folder.
 */
export async function buildImage(folder: string, files: Record<string, string>, say: Say): Promise<string> {
  const apt = await readAptSettings();
  const source = path.join(import.meta.dirname, folder);
  const added = {
    ...files,
    'apt.conf': apt.conf,
    'sources.list': `deb ${apt.mirror} ${release} main\n`,
  };
  const image = `myc-wf-lab/${path.basename(folder)}:${await digest(source, added)}`;
  if (await docker(['images', '-q', image])) return image;
  const base = await ensureBaseImage(apt, say);
  say(`building ${image}`);
  const context = await mkdtemp(path.join(tmpdir(), 'myc-wf-lab-'));
  try {
    await cp(source, context, { recursive: true });
    for (const [name, text] of Object.entries(added)) await writeFile(path.join(context, name), text);
    await docker(['build', '-q', '--label', imageLabel, '--build-arg', `BASE=${base}`, '-t', image, context]);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
  return image;
}

/** From this machine's Debian archive, for no registry may be in reach; where mmdebstrap is missing, pulled. */
async function ensureBaseImage(apt: AptSettings, say: Say): Promise<string> {
  const image = `myc-wf-lab/base:${release}`;
  if (await docker(['images', '-q', image])) return image;
  const found = await run(['sh', '-c', 'command -v mmdebstrap'], { allowFailure: true });
  if (process.getuid?.() !== 0 || found.code !== 0) {
    await docker(['pull', '-q', `debian:${release}-slim`]);
    return `debian:${release}-slim`;
  }
  const key = createHash('sha256').update(`${release} minbase ${apt.mirror}`).digest('hex').slice(0, 12);
  const tar = path.join(cacheFolder, key, 'base.tar');
  if (!(await stat(tar).catch(() => null))) {
    say(`making a bare Debian ${release} (mmdebstrap)`);
    await mkdir(path.dirname(tar), { recursive: true });
    const settings = apt.conf.split('\n').filter(Boolean);
    const options = settings.map((line) => `--aptopt=${line.replace(/;$/, '')}`);
    const making = path.join(path.dirname(tar), 'making.tar');
    await run(['mmdebstrap', '--quiet', '--variant=minbase', ...options, release, making, apt.mirror]);
    await rename(making, tar);
  }
  await docker(['import', '--change', `LABEL ${imageLabel}`, tar, image]);
  return image;
}

async function digest(source: string, added: Record<string, string>): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([release, added]));
  for (const name of (await readdir(source)).sort())
    hash.update(name).update(await readFile(path.join(source, name)));
  return hash.digest('hex').slice(0, 12);
}
