import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { BadInput } from '../workflows/contract/bad-input.js';
import { processMark } from './process-mark.js';

const holderSchema = z.object({ pid: z.number().int().positive(), mark: z.string() });
type Holder = z.infer<typeof holderSchema>;

const fileIn = (directory: string): string => path.join(directory, 'up.lock');

/**
 * One `up` for a data directory, from its first moment on: up.json is there only once it is ready. The function returned
 * gives it back; a killed one leaves it behind, and the next sees that its process is gone.
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const file = fileIn(directory);
  const aside = `${file}.${randomBytes(6).toString('hex')}`;
  const own: Holder = { pid: process.pid, mark: (await processMark(process.pid)) ?? '' };
  await writeFile(aside, JSON.stringify(own), { mode: 0o600 });
  try {
    for (let tries = 0; ; tries += 1) {
      // With its content, or not at all.
      const taken = await link(aside, file).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code !== 'EEXIST' || tries === 10) throw error;
          return false;
        },
      );
      if (taken) return () => rm(file, { force: true });
      const holder = await lockHolder(directory);
      if (holder !== undefined) throw runsAlready(directory, holder.pid);
      await removeStale(file, `${aside}.stale`);
    }
  } finally {
    await rm(aside, { force: true });
  }
}

export const runsAlready = (directory: string, pid: number): BadInput =>
  new BadInput(
    `myc-wf up runs already in ${directory}, as process ${pid}`,
    'use it, stop it with myc-wf down, or choose another data-directory',
  );

/** Who has it, when that process still is. */
export async function lockHolder(directory: string): Promise<Holder | undefined> {
  const holder = await readHolder(fileIn(directory));
  if (holder === undefined || (await processMark(holder.pid)) !== holder.mark) return undefined;
  return holder;
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    return holderSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Two that find it stale at once: the one that moves away the lock the other has just made puts it back. */
async function removeStale(file: string, aside: string): Promise<void> {
  await rename(file, aside).catch(() => undefined);
  const moved = await readHolder(aside);
  if (moved !== undefined && (await processMark(moved.pid)) === moved.mark)
    await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}
