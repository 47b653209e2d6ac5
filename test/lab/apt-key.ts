import { copyFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cacheFolder, labFolder } from './names.js';
import { docker } from './run.js';

const folder = path.join(cacheFolder, 'apt-key');

/** The key that signs the house's packages, made once for every lab and checkout; the lab's folder gets its public half. `image` has gpg. */
export async function ensureAptKey(image: string): Promise<{ secret: string }> {
  if (!(await stat(folder).catch(() => null))) {
    const isolated = ['run', '--rm', '--network', 'none', '--log-driver', 'none'];
    const keys = await docker([...isolated, image, 'make-apt-key']);
    const [secret, open] = keys.split('-----BEGIN PGP PUBLIC KEY BLOCK-----');
    const making = `${folder}.making`;
    await rm(making, { recursive: true, force: true });
    await mkdir(making, { recursive: true, mode: 0o700 });
    await writeFile(path.join(making, 'secret'), secret ?? '', { mode: 0o600 });
    const armoured = `-----BEGIN PGP PUBLIC KEY BLOCK-----${open}\n`;
    await writeFile(path.join(making, 'public'), armoured);
    await rename(making, folder);
  }
  await copyFile(path.join(folder, 'public'), path.join(labFolder, 'apt.asc'));
  return { secret: await readFile(path.join(folder, 'secret'), 'utf8') };
}
