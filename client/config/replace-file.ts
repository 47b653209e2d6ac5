import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * By rename: a reader, or a crash, sees the old file or the new one, and what was written is on the
 * disk. Called under the file's lock: what a killed process left beside it is removed.
 */
export async function replaceFile(file: string, text: string, mode: number): Promise<void> {
  const folder = path.dirname(file);
  await removeLeftovers(folder, path.basename(file));
  const temporary = `${file}.${randomBytes(6).toString('hex')}.new`;
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.chmod(mode);
      await keepOwner(handle, file);
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

/** Root that changes a user's file leaves it the user's. */
async function keepOwner(handle: FileHandle, file: string): Promise<void> {
  const there = await stat(file).catch(() => undefined);
  if (there !== undefined && process.getuid?.() === 0) await handle.chown(there.uid, there.gid);
}

const hourMs = 3_600_000;

async function removeLeftovers(folder: string, name: string): Promise<void> {
  const beside = (await readdir(folder)).filter((one) => one.startsWith(`${name}.`));
  for (const one of beside) {
    const [file, rest] = [path.join(folder, one), one.slice(name.length + 1)];
    if (/^[0-9a-f]{12}\.new$/.test(rest)) await rm(file, { force: true });
    // Another process that waits for the lock has one, too.
    const age = Date.now() - ((await stat(file).catch(() => undefined))?.mtimeMs ?? Date.now());
    if (/^lock\.[0-9a-f]{12}(\.stale)?$/.test(rest) && age > hourMs) await rm(file, { force: true });
  }
}

/** A folder on some file systems cannot be flushed; the rename is in order there as well. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
