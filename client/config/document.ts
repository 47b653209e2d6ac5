import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isMap, parseDocument } from 'yaml';
import type { BackupTargetConfig, HostConfig } from './schema.js';
import { parseConfig } from './parse.js';

/** Adds a host to the inventory, or changes the given keys of one that is there; comments and order stay. */
export const putHost = (file: string, name: string, host: HostConfig): Promise<void> =>
  put(file, 'hosts', name, host);

export const putBackupTarget = (file: string, name: string, target: BackupTargetConfig): Promise<void> =>
  put(file, 'backup-targets', name, target);

async function put(file: string, section: string, name: string, value: object): Promise<void> {
  const { text, mode } = await current(file);
  const document = parseDocument(text);
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    for (const parent of [[section], [section, name]])
      if (!isMap(document.getIn(parent, true))) document.setIn(parent, document.createNode({}));
    // A plain value is set into the scalar that is there, which keeps the comment beside it.
    const plain = typeof item === 'string' || typeof item === 'number';
    document.setIn([section, name, key], plain ? item : document.createNode(item));
  }
  // Not folded: a key is one line, which people search for and copy.
  const written = document.toString({ lineWidth: 0 });
  parseConfig(written, file);
  await replace(file, written, mode);
}

async function current(file: string): Promise<{ text: string; mode: number }> {
  try {
    return { text: await readFile(file, 'utf8'), mode: (await stat(file)).mode & 0o777 };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return { text: '', mode: 0o600 };
    throw error;
  }
}

/** By rename: a reader, or a crash, sees the old file or the new one. */
async function replace(file: string, text: string, mode: number): Promise<void> {
  const temporary = `${file}.${process.pid}.new`;
  await mkdir(path.dirname(file), { recursive: true });
  try {
    await writeFile(temporary, text, { flag: 'wx', mode });
    await chmod(temporary, mode);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
