import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheFolder, labName } from './names.js';
import { asRoot, run } from './run.js';

/**
 * The disk of a host: a file with a filesystem of its own, mounted on this machine. It is there in a moment and goes in a moment,
 * while the files of a Docker's images, one by one, take seconds to remove; and where this machine's filesystem has no journal, it
 * looks for minutes after that at each of their inodes again, whatever is written next.
 */
const folder = path.join(cacheFolder, 'disks', labName);
/** Sparse: it takes what is written. */
const size = '40G';

/** Whether it ended well; a program that this machine does not have did not. */
const succeeds = (...command: [string, ...string[]]): Promise<boolean> =>
  run(command).then(
    () => true,
    () => false,
  );
const fileOf = (place: string): string => `${place}.img`;

/** The folder that it is mounted at; undefined where this machine mounts no files: then a volume of Docker's does. */
export async function makeDisk(host: string): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined;
  const place = path.join(folder, `${host}-${randomBytes(4).toString('hex')}`);
  await mkdir(place, { recursive: true });
  const made =
    (await succeeds('truncate', '--size', size, fileOf(place))) &&
    (await succeeds(...asRoot('mkfs.ext4', '-q', '-F', '-m', '0', fileOf(place)))) &&
    (await mount(place)) &&
    (await succeeds(...asRoot('rmdir', path.join(place, 'lost+found'))));
  if (made) return place;
  await removeDisk(place);
  return undefined;
}

/** After this machine restarted, it has to be mounted again. */
export async function ensureMounted(place: string): Promise<void> {
  if (!(await isMounted(place)) && !(await mount(place)))
    throw new Error(`${fileOf(place)} cannot be mounted: destroy the host and make it anew`);
}

export async function removeDisk(place: string): Promise<void> {
  if (path.dirname(place) !== folder) throw new Error(`${place} is no disk of this lab`);
  // What ran there was killed a moment ago, and may still let go of it.
  for (let tries = 0; tries < 50 && (await isMounted(place)); tries++)
    if (!(await succeeds(...asRoot('umount', place)))) await sleep(100);
  if (await isMounted(place)) await run(asRoot('umount', '--lazy', place));
  await rm(fileOf(place), { force: true });
  await rmdir(place);
}

/** Those of hosts that are no more, too. */
export async function removeDisks(): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) if (!name.endsWith('.img')) await removeDisk(path.join(folder, name));
}

async function mount(place: string): Promise<boolean> {
  if (!(await succeeds(...asRoot('mount', '-o', 'loop,noatime', fileOf(place), place)))) return false;
  // Past this machine's memory, where it can: all that a host writes would else be kept, and copied, twice.
  const { stdout: device } = await run(['findmnt', '--noheadings', '--output', 'SOURCE', place]);
  await succeeds(...asRoot('losetup', '--direct-io=on', device.trim()));
  return true;
}

const isMounted = (place: string): Promise<boolean> => succeeds('mountpoint', '-q', place);
