import { mkdir, readFile, readlink, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { isMap, parseDocument } from 'yaml';
import { CommandError } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import { underFileLock } from './file-lock.js';
import { insertLines } from './insert.js';
import { parseConfig } from './parse.js';
import { replaceFile } from './replace-file.js';
import type { BackupTargetConfig, HostConfig } from './schema.js';

/** Adds a host to the inventory, or changes the given keys of one that is there; comments and order stay. */
export const putHost = (file: string, name: string, host: HostConfig): Promise<void> =>
  put(file, 'hosts', name, host);

export const putBackupTarget = (file: string, name: string, target: BackupTargetConfig): Promise<void> =>
  put(file, 'backup-targets', name, target);

/** Read, changed and replaced under a lock: what another process adds meanwhile stays. */
async function put(named: string, section: string, name: string, value: object): Promise<void> {
  const file = await writtenFile(named);
  await mkdir(path.dirname(file), { recursive: true });
  for (let tries = 0; tries < 20; tries += 1) {
    const done = await underFileLock(file, async (lock) => {
      const { text, mode } = await current(file);
      const written = withEntry(text, [section, name], value);
      parseConfig(written, file);
      // Who slept for long with the lock may have lost it, and an editor asks nobody for it.
      if (!(await lock.holds()) || (await current(file)).text !== text) return false;
      await replaceFile(file, written, mode);
      return true;
    });
    if (done) return;
  }
  throw new CommandError(exitCodes.failed, `${file} is changed all the time`, 'try again');
}

/** A file that is a link stays one: what it leads to is replaced. */
async function writtenFile(named: string): Promise<string> {
  try {
    return await realpath(named);
  } catch {
    const target = await readlink(named).catch(() => undefined);
    if (target !== undefined) return path.resolve(path.dirname(named), target);
    return path.resolve(named);
  }
}

function withEntry(text: string, entry: readonly [string, string], value: object): string {
  const items = Object.entries(value).filter(([, item]) => item !== undefined);
  refuseOtherKeys(text, entry, items);
  return items.reduce((done, [key, item]) => withItem(done, [...entry, key], item), text);
}

/**
 * A key that somebody has pinned in the meantime was confirmed as this one was: only a person knows
 * which is right.
 */
function refuseOtherKeys(
  text: string,
  [section, name]: readonly [string, string],
  items: readonly [string, unknown][],
): void {
  const there: unknown = parseDocument(text).getIn([section, name, 'host-keys']);
  const pinned: unknown = isSequence(there) ? there.toJSON() : [];
  const wanted = items.find(([key]) => key === 'host-keys')?.[1];
  if (wanted === undefined || !Array.isArray(pinned) || pinned.length === 0) return;
  if (isDeepStrictEqual(pinned, wanted)) return;
  throw new CommandError(
    exitCodes.unreachable,
    `another key of ${name} was pinned in the meantime`,
    `compare the two, and correct host-keys of ${name} by hand`,
  );
}

const isSequence = (value: unknown): value is { toJSON(): unknown } =>
  typeof value === 'object' && value !== null && 'toJSON' in value;

function withItem(text: string, at: readonly [...entry: string[], key: string], item: unknown): string {
  const inserted = insertLines(text, at, item);
  if (inserted !== undefined) return inserted;
  const document = parseDocument(text);
  for (const parent of [at.slice(0, 1), at.slice(0, 2)])
    if (!isMap(document.getIn(parent, true))) document.setIn(parent, document.createNode({}));
  // A plain value is set into the scalar that is there, which keeps the comment beside it.
  const plain = typeof item === 'string' || typeof item === 'number';
  document.setIn(at, plain ? item : document.createNode(item));
  // Not folded: a key is one line, which people search for and copy.
  return document.toString({ lineWidth: 0 });
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
