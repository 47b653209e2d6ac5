import { randomBytes } from 'node:crypto';
import { link, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { processMark } from '../../worker/process-mark.js';
import { CommandError } from '../errors.js';
import { exitCodes } from '../exit-codes.js';

const holderSchema = z.object({
  machine: z.string(),
  pid: z.number().int().positive(),
  /** Tells the process from a later one of the same number; empty where the system does not say. */
  mark: z.string(),
  token: z.string(),
});
type Holder = z.infer<typeof holderSchema>;

/** A holder only reads and writes a small file. */
const patienceMs = 30_000;
/** The process of another machine (a home over NFS) cannot be asked whether it still runs. */
const foreignMs = 60_000;

export interface FileLock {
  /** Whether the lock is still there and this process's own. */
  holds(): Promise<boolean>;
}

/**
 * One process at a time does `work` under the lock file `<file>.lock`, whose folder exists. What a
 * killed process left is removed. CommandError when another process holds it for half a minute.
 */
export async function underFileLock<T>(file: string, work: (lock: FileLock) => Promise<T>): Promise<T> {
  const lock = `${file}.lock`;
  const token = randomBytes(6).toString('hex');
  const aside = `${lock}.${token}`;
  const own: Holder = {
    machine: os.hostname(),
    pid: process.pid,
    mark: (await processMark(process.pid)) ?? '',
    token,
  };
  await writeFile(aside, JSON.stringify(own), { flag: 'wx', mode: 0o600 });
  try {
    await take(lock, aside);
    try {
      return await work({ holds: async () => (await readHolder(lock))?.token === token });
    } finally {
      if ((await readHolder(lock))?.token === token) await rm(lock, { force: true });
    }
  } finally {
    await rm(aside, { force: true });
  }
}

async function take(lock: string, aside: string): Promise<void> {
  const until = Date.now() + patienceMs;
  for (;;) {
    // With its content, or not at all.
    const taken = await link(aside, lock).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'EEXIST') return false;
        throw error;
      },
    );
    if (taken) return;
    if (await isStale(lock)) await removeStale(lock, `${aside}.stale`);
    else if (Date.now() > until) throw await lockTimeout(lock);
    else await sleep(10 + Math.random() * 40);
  }
}

async function lockTimeout(lock: string): Promise<CommandError> {
  const holder = await readHolder(lock);
  const by = holder === undefined ? '' : ` by process ${holder.pid} of ${holder.machine}`;
  return new CommandError(
    exitCodes.failed,
    `${lock} is held${by}`,
    'try again when that process is done; remove the file if there is no such process',
  );
}

async function isStale(lock: string): Promise<boolean> {
  const handle = await open(lock).catch(() => undefined);
  // Given back in the meantime: whoever takes it next has another file.
  if (handle === undefined) return false;
  try {
    const { mtimeMs } = await handle.stat();
    const holder = parseHolder(await handle.readFile('utf8'));
    // It was linked whole, so a machine that crashed lost its content.
    if (holder === undefined) return true;
    if (holder.machine !== os.hostname()) return Date.now() - mtimeMs > foreignMs;
    return !(await isRunning(holder));
  } finally {
    await handle.close();
  }
}

async function isRunning({ pid, mark }: Holder): Promise<boolean> {
  if (mark !== '') return (await processMark(pid)) === mark;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Two that find it stale at once: the one that moves away the lock that the other has just made
 * puts it back.
 */
async function removeStale(lock: string, aside: string): Promise<void> {
  const moved = await rename(lock, aside).then(
    () => true,
    () => false,
  );
  if (!moved) return;
  if (!(await isStale(aside))) await link(aside, lock).catch(() => undefined);
  await rm(aside, { force: true });
}

const readHolder = (file: string): Promise<Holder | undefined> =>
  readFile(file, 'utf8').then(parseHolder, () => undefined);

function parseHolder(text: string): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
