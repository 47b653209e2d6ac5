import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { BadInput, shown } from '../../workflows/contract/bad-input.js';
import { withoutLogins } from '../../workflows/contract/secret-addresses.js';
import { type GitOptions, git } from './git.js';

interface Entry {
  mode: string;
  object: string;
  size: number;
  path: string;
}

const maxFiles = 20_000;
const maxBytes = 64 * 1024 * 1024;

/** Writes the files of a tree (`COMMIT`, `COMMIT:FOLDER`) into an empty folder, as they are: no checkout, so nothing of theirs runs. */
export async function writeTree(
  tree: string,
  repository: GitOptions,
  into: string,
  where: string,
): Promise<void> {
  const listed = await git(['ls-tree', '-r', '-z', '-l', '--full-tree', tree], repository);
  if (listed.exit !== 0)
    throw new BadInput(
      `${where} cannot be read: ${withoutLogins(listed.stderr.trim().slice(-300))}`,
      'check its folder',
    );
  const entries = entriesOf(listed.stdout, where);
  const contents = await blobs(entries, repository, where);
  const links = entries.filter(({ mode }) => mode === '120000');
  for (const entry of entries) {
    if (links.includes(entry)) continue;
    const file = path.join(into, entry.path);
    await mkdir(path.dirname(file), { recursive: true });
    // A name that is there twice is no tree: never written through what another entry made.
    await writeFile(file, contents.get(entry.object)!, { flag: 'wx' });
    await chmod(file, entry.mode === '100755' ? 0o755 : 0o644);
  }
  // The links last, so that no file is written through one.
  for (const { object, path: name } of links) {
    const target = insideTarget(name, contents.get(object)!.toString('utf8'), where);
    await mkdir(path.dirname(path.join(into, name)), { recursive: true });
    await symlink(target, path.join(into, name));
  }
}

/** Files and links; submodules are left out. */
function entriesOf(listing: Buffer, where: string): Entry[] {
  const text = new TextDecoder('utf-8', { fatal: true });
  const entries = splitNul(listing).flatMap((line): Entry[] => {
    const [, mode = '', type = '', object = '', size = ''] =
      /^(\d{6}) (\w+) ([0-9a-f]{40,64}) +(\d+|-)\t/.exec(line.toString('latin1')) ?? [];
    if (type === 'commit') return [];
    let name: string;
    try {
      name = text.decode(line.subarray(line.indexOf(9) + 1));
    } catch {
      throw new BadInput(`${where} has a file whose name is no UTF-8`, 'rename it');
    }
    if (type !== 'blob' || !isSafe(name))
      throw new BadInput(`${where} has a file called ${shown(name)}`, 'that is refused: rename it');
    return [{ mode, object, size: Number(size), path: name }];
  });
  const bytes = entries.reduce((sum, { size }) => sum + size, 0);
  if (entries.length > maxFiles || bytes > maxBytes)
    throw new BadInput(
      `${where} holds more than ${maxFiles} files or 64 MiB`,
      'name the folder of the charms with "folder:"',
    );
  return entries;
}

const isSafe = (name: string): boolean =>
  !/[\u0000-\u001f\u007f]/.test(name) &&
  name
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..' && part.toLowerCase() !== '.git');

/** Up first and then down: what goes up again behind a folder that may itself be a link leads anywhere. */
function insideTarget(name: string, target: string, where: string): string {
  const parts = target.split('/');
  const up = parts.findIndex((part) => part !== '..');
  const steps = up < 0 ? parts.length : up;
  const depth = name.split('/').length - 1;
  if (
    target === '' ||
    target.startsWith('/') ||
    target.includes('\0') ||
    steps > depth ||
    parts.slice(steps).includes('..')
  )
    throw new BadInput(
      `${where} has a link ${shown(name)} that leads to ${shown(target)}, out of it`,
      'put the file itself there',
    );
  return target;
}

/** By their names; `git cat-file --batch` gives each as `NAME blob SIZE`, a line, its content and a line end. */
async function blobs(
  entries: readonly Entry[],
  repository: GitOptions,
  where: string,
): Promise<Map<string, Buffer>> {
  const names = [...new Set(entries.map(({ object }) => object))];
  const { exit, stdout, stderr } = await git(['cat-file', '--batch'], {
    ...repository,
    stdin: names.map((name) => `${name}\n`).join(''),
  });
  if (exit !== 0)
    throw new BadInput(`${where} cannot be read: ${withoutLogins(stderr.trim().slice(-300))}`, 'try again');
  const contents = new Map<string, Buffer>();
  for (let at = 0; at < stdout.length;) {
    const end = stdout.indexOf(10, at);
    const [name = '', type, size = ''] = stdout.subarray(at, end).toString('latin1').split(' ');
    if (type !== 'blob')
      throw new BadInput(`${where} lacks ${name}`, 'fetch it anew: remove it from the cache');
    contents.set(name, stdout.subarray(end + 1, end + 1 + Number(size)));
    at = end + 2 + Number(size);
  }
  return contents;
}

function splitNul(buffer: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let from = 0, to = buffer.indexOf(0); to >= 0; from = to + 1, to = buffer.indexOf(0, from))
    parts.push(buffer.subarray(from, to));
  return parts;
}
