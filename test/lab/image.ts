import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type AptSettings, readAptSettings } from './apt-settings.js';
import { cacheFolder, label } from './names.js';
import { docker, run } from './run.js';

const release = 'trixie';
const sources = path.join(import.meta.dirname, 'image');

/** Builds what is missing and returns the image's name; a second call takes what is there. */
export async function ensureHostImage(say: (line: string) => void): Promise<string> {
  const apt = await readAptSettings();
  const image = `myc-wf-lab/host:${await digest(apt)}`;
  if (await docker(['images', '-q', image])) return image;
  const base = await ensureBaseImage(apt, say);
  say(`building ${image}`);
  const context = await mkdtemp(path.join(tmpdir(), 'myc-wf-lab-'));
  try {
    await cp(sources, context, { recursive: true });
    await writeFile(path.join(context, 'apt.conf'), apt.conf);
    await writeFile(path.join(context, 'sources.list'), `deb ${apt.mirror} ${release} main\n`);
    await docker(['build', '-q', '--label', label, '--build-arg', `BASE=${base}`, '-t', image, context]);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
  return image;
}

/** From this machine's Debian archive, for no registry may be in reach; where mmdebstrap is missing, pulled. */
async function ensureBaseImage(apt: AptSettings, say: (line: string) => void): Promise<string> {
  const image = `myc-wf-lab/base:${release}`;
  if (await docker(['images', '-q', image])) return image;
  if (
    process.getuid?.() !== 0 ||
    (await run(['sh', '-c', 'command -v mmdebstrap'], { allowFailure: true })).code
  ) {
    await docker(['pull', '-q', `debian:${release}-slim`]);
    return `debian:${release}-slim`;
  }
  const key = createHash('sha256').update(`${release} minbase ${apt.mirror}`).digest('hex').slice(0, 12);
  const tar = path.join(cacheFolder, key, 'base.tar');
  if (!(await stat(tar).catch(() => null))) {
    say(`making a bare Debian ${release} (mmdebstrap)`);
    await mkdir(path.dirname(tar), { recursive: true });
    const options = apt.conf
      .split('\n')
      .filter(Boolean)
      .map((line) => `--aptopt=${line.replace(/;$/, '')}`);
    const making = `${tar}.making.tar`;
    await run(['mmdebstrap', '--quiet', '--variant=minbase', ...options, release, making, apt.mirror]);
    await rename(making, tar);
  }
  await docker(['import', '--change', `LABEL ${label}`, tar, image]);
  return image;
}

async function digest(apt: AptSettings): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([release, apt]));
  for (const name of (await readdir(sources)).sort())
    hash.update(name).update(await readFile(path.join(sources, name)));
  return hash.digest('hex').slice(0, 12);
}
