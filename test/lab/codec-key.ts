import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { ensureKeyFile } from '../../worker/codec/key-file.js';
import { cacheFolder, labFolder } from './names.js';

/** One for every checkout, since they share labs: it makes all of them one control plane, which may manage the lab's hosts. */
export async function ensureCodecKey(): Promise<void> {
  const cached = path.join(cacheFolder, 'codec.key');
  await ensureKeyFile(cached);
  await copyFile(cached, path.join(labFolder, 'codec.key'));
}
