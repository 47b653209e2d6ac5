import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

/** What a running `myc-wf up` tells the clients of its data directory. */
const upFileSchema = z.object({
  address: z.string(),
  uiUrl: z.string(),
  namespace: z.string(),
  /** Of `myc-wf up` itself. */
  pid: z.number().int().positive(),
  serverPid: z.number().int().positive(),
  /** Tell these processes from later ones with the same numbers (worker/process-mark.ts). */
  pidMark: z.string(),
  serverMark: z.string(),
});
export type UpFile = z.infer<typeof upFileSchema>;

const fileIn = (directory: string): string => path.join(directory, 'up.json');

/** Undefined when no `up` ran here, or its file cannot be understood. */
export async function readUpFile(directory: string): Promise<UpFile | undefined> {
  try {
    return upFileSchema.parse(JSON.parse(await readFile(fileIn(directory), 'utf8')));
  } catch {
    return undefined;
  }
}

/** By rename: a client never reads half of it. */
export async function writeUpFile(directory: string, up: UpFile): Promise<void> {
  const aside = `${fileIn(directory)}.${randomBytes(6).toString('hex')}`;
  await writeFile(aside, `${JSON.stringify(up)}\n`, { mode: 0o600 });
  await rename(aside, fileIn(directory));
}

export const removeUpFile = (directory: string): Promise<void> => rm(fileIn(directory), { force: true });
