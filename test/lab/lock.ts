import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { cacheFolder, labName } from './names.js';
import { watch } from './programs.js';

const locks = path.join(cacheFolder, 'locks');
const machineLocks = path.join(tmpdir(), `myc-wf-lab-${userInfo().uid}`);

/** One change to this lab at a time, whichever process or checkout makes it. */
export function lockLab<T>(work: () => Promise<T>): Promise<T> {
  return withLock(`lab-${labName}`, work);
}

/** What all labs share: the authority, images, the mirror's disk. */
export function lockShared<T>(work: () => Promise<T>): Promise<T> {
  return withLock('shared', work);
}

/**
 * What this machine has once whatever XDG_CACHE_HOME and MYC_WF_LAB_IMAGES say: Docker's networks, and the cache of Debian's
 * packages. Held for moments only.
 */
export function lockMachine<T>(work: () => Promise<T>): Promise<T> {
  return withLock('machine', work, machineLocks);
}

/** One image, whichever lab wants it; what labs need to come up goes on meanwhile. */
export function lockImage<T>(folder: string, work: () => Promise<T>): Promise<T> {
  return withLock(`image-${path.basename(folder)}`, work);
}

/** Held by a child that ends with this process, however that ends; the kernel then drops the lock. */
async function withLock<T>(name: string, work: () => Promise<T>, folder = locks): Promise<T> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, name);
  const holder = watch(
    spawn('flock', [file, 'sh', '-c', 'echo held; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  const waiting = setTimeout(
    () => process.stderr.write(`waiting for another command to finish with ${path.basename(file)}\n`),
    3000,
  );
  const ended = new Promise((resolve) => holder.once('close', resolve));
  await new Promise<void>((resolve, reject) => {
    holder.once('error', (error) => reject(new Error(`flock (util-linux): ${error.message}`)));
    holder.once('exit', (code) => reject(new Error(`flock ${file}: exit ${code}`)));
    holder.stdout.once('data', () => resolve());
  }).finally(() => clearTimeout(waiting));
  try {
    return await work();
  } finally {
    holder.stdin.end();
    await ended;
  }
}
