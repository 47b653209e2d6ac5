import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, cp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AptSettings } from './apt-settings.js';
import { loadImage } from './image-store.js';
import { cacheFolder, imageLabel } from './names.js';
import { docker, run } from './run.js';

export const release = 'trixie';
export const baseImage = `myc-wf-lab/base:${release}`;
type Say = (line: string) => void;

/** Debian's own image where a registry is in reach, else made of this machine's Debian archive. */
export async function ensureBaseImage(apt: AptSettings, say: Say): Promise<string> {
  if (await docker(['images', '-q', baseImage])) return baseImage;
  if (await loadImage(baseImage, say)) return baseImage;
  if ((await registryAnswers()) && (await pullBase(apt, say))) return baseImage;
  const found = await run(['sh', '-c', 'command -v mmdebstrap'], { allowFailure: true });
  if (process.getuid?.() !== 0 || found.code !== 0)
    throw new Error(
      `debian:${release}-slim cannot be pulled, and to make one takes root and mmdebstrap: run again where a registry is in reach, or as root after apt-get install mmdebstrap`,
    );
  await docker(['import', '--change', `LABEL ${imageLabel}`, await bootstrap(apt, say), baseImage]);
  return baseImage;
}

/** Asked first, since a pull from a registry that is not in reach takes a minute to fail. */
async function registryAnswers(): Promise<boolean> {
  try {
    const { status } = await fetch('https://registry-1.docker.io/v2/', { signal: AbortSignal.timeout(3000) });
    return status === 200 || status === 401;
  } catch {
    return false;
  }
}

async function pullBase(apt: AptSettings, say: Say): Promise<boolean> {
  const pulled = `debian:${release}-slim`;
  say(`pulling ${pulled}`);
  const { code } = await run(['timeout', '120', 'docker', 'pull', '-q', pulled], { allowFailure: true });
  if (code !== 0) return false;
  const context = await mkdtemp(path.join(tmpdir(), 'myc-wf-lab-'));
  try {
    await cp(path.join(import.meta.dirname, 'base'), context, { recursive: true });
    await writeFile(path.join(context, 'sources.list'), `deb ${apt.mirror} ${release} main\n`);
    const from = ['--label', imageLabel, '--build-arg', `BASE=${pulled}`];
    await docker(['build', '-q', ...from, '-t', baseImage, context]);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
  return true;
}

async function bootstrap(apt: AptSettings, say: Say): Promise<string> {
  const key = createHash('sha256').update(`${release} minbase ${apt.mirror}`).digest('hex').slice(0, 12);
  const tar = path.join(cacheFolder, key, 'base.tar');
  if (await stat(tar).catch(() => null)) return tar;
  say(`making a bare Debian ${release} (mmdebstrap)`);
  await mkdir(path.dirname(tar), { recursive: true });
  const settings = apt.conf.split('\n').filter(Boolean);
  const options = settings.map((line) => `--aptopt=${line.replace(/;$/, '')}`);
  const making = path.join(path.dirname(tar), 'making.tar');
  await run(['mmdebstrap', '--quiet', '--variant=minbase', ...options, release, making, apt.mirror]);
  await rename(making, tar);
  return tar;
}
