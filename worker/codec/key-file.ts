import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { BadInput } from '../../workflows/contract/bad-input.js';

const keyBytes = 32;

/** Reads a codec key: 32 bytes in base64, in a file nobody else may read. */
export async function readKeyFile(file: string): Promise<Buffer> {
  let mode: number;
  let text: string;
  try {
    ({ mode } = await stat(file));
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new BadInput(
      `codec key ${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
      'start myc-wf up once, which makes it, or copy the key of the machine that runs the worker',
    );
  }
  if ((mode & 0o077) !== 0)
    throw new BadInput(`codec key ${file} can be read by others`, `run chmod 600 ${file}`);
  const key = Buffer.from(text.trim(), 'base64');
  // Buffer.from skips what is not base64: the way back shows a damaged file.
  if (key.length !== keyBytes || key.toString('base64') !== text.trim())
    throw new BadInput(`codec key ${file} is damaged`, `it must hold ${keyBytes} bytes in base64`);
  return key;
}

/** Makes the key at the first `up`; of two that race, both return the one that was there first. */
export async function ensureKeyFile(file: string): Promise<Buffer> {
  const exists = await stat(file).then(
    () => true,
    () => false,
  );
  if (!exists) await makeKeyFile(file);
  return readKeyFile(file);
}

/** Written aside, flushed, then linked: the name never shows half a key, and never replaces one. */
async function makeKeyFile(file: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const aside = `${file}.${process.pid}.${randomBytes(6).toString('hex')}`;
  const handle = await open(aside, 'wx', 0o600);
  try {
    await handle.writeFile(`${randomBytes(keyBytes).toString('base64')}\n`);
    await handle.sync();
    await link(aside, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await handle.close();
    await rm(aside, { force: true });
  }
}
