import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, cp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AptSettings } from './apt-settings.js';
import { loadImage } from './image-store.js';
import { cacheFolder, imageLabel, imageName } from './names.js';
import { asRoot, docker, run } from './run.js';

export const release = 'trixie';
export const baseImage = imageName(`base:${release}`);
type Say = (line: string) => void;

/** Debian's own image where a registry is in reach, else made of this machine's Debian archive. */
export async function ensureBaseImage(apt: AptSettings, say: Say): Promise<string> {
  if (await docker(['images', '-q', baseImage])) return baseImage;
  if (await loadImage(baseImage, say)) return baseImage;
  if ((await registryAnswers()) && (await pullBase(apt, say))) return baseImage;
  await checkBootstrap(`debian:${release}-slim`);
  await docker(['import', '--change', `LABEL ${imageLabel}`, await bootstrap(apt, say), baseImage]);
  return baseImage;
}

/** Throws where an image can neither be pulled nor made. */
export async function checkBootstrap(image: string): Promise<void> {
  const able = 'command -v mmdebstrap && { [ "$(id -u)" = 0 ] || command -v sudo; }';
  if ((await run(['sh', '-c', able], { allowFailure: true })).code === 0) return;
  throw new Error(
    `${image} cannot be pulled, and to make one takes mmdebstrap, and root or sudo: run again where a registry is in reach, or after apt-get install mmdebstrap`,
  );
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

/** A bare Debian as a tar file, made once and kept. */
function bootstrap(apt: AptSettings, say: Say): Promise<string> {
  return bootstrapped(apt, say, { of: `a bare Debian ${release}`, release, options: [] });
}

/** What mmdebstrap makes of the machine's Debian archive, as a tar file that is kept under what it was made of. */
export async function bootstrapped(
  apt: AptSettings,
  say: Say,
  { of, release, options }: { of: string; release: string; options: string[] },
): Promise<string> {
  const made = [release, 'minbase', apt.mirror, ...options].join(' ');
  const key = createHash('sha256').update(made).digest('hex').slice(0, 12);
  const tar = path.join(cacheFolder, key, 'base.tar');
  if (await stat(tar).catch(() => null)) return tar;
  say(`making ${of} (mmdebstrap)`);
  // What a making that was ended has left goes first. It may still hold mounts of this machine's /dev and /sys.
  const work = path.join(path.dirname(tar), 'work');
  const remove = asRoot('rm', '--recursive', '--force', '--one-file-system', work);
  const clear = () => run(remove, { allowFailure: true });
  await clear();
  await mkdir(work, { recursive: true });

  const settings = apt.conf.split('\n').filter(Boolean);
  const reach = settings.map((line) => `--aptopt=${line.replace(/;$/, '')}`);
  const making = path.join(path.dirname(tar), 'making.tar');
  const how = ['--quiet', '--variant=minbase', ...reach, ...options];
  try {
    const command = ['nice', '-n', '15', 'mmdebstrap', ...how, release, making, apt.mirror];
    await run(asRoot('env', `TMPDIR=${work}`, ...command), { ownGroup: true });
  } finally {
    await clear();
  }
  await rename(making, tar);
  return tar;
}
