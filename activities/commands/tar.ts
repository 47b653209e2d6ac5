import { BadInput, shown } from '../../workflows/contract/bad-input.js';

/** One entry of an archive: a file, a symbolic link, or a folder when it has neither content nor link. */
export interface TarEntry {
  /** Relative, with `/`. */
  path: string;
  mode: number;
  content?: Buffer;
  link?: string;
}

const block = 512;

/** A ustar archive. The same entries give the same bytes: no time and no owner is in it. */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  const parts = entries.flatMap((entry) => {
    const content = entry.content ?? Buffer.alloc(0);
    return [header(entry, content.length), content, Buffer.alloc((block - (content.length % block)) % block)];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

function header(entry: TarEntry, size: number): Buffer {
  const kind = entry.link !== undefined ? '2' : entry.content !== undefined ? '0' : '5';
  const [prefix, name] = splitPath(kind === '5' ? `${entry.path}/` : entry.path);
  const bytes = Buffer.alloc(block);
  bytes.write(name, 0);
  bytes.write(octal(entry.mode, 8), 100);
  bytes.write(octal(0, 8), 108);
  bytes.write(octal(0, 8), 116);
  bytes.write(octal(size, 12), 124);
  bytes.write(octal(0, 12), 136);
  // The sum is made as if its own field held spaces.
  bytes.write('        ', 148);
  bytes.write(kind, 156);
  bytes.write(fitting(entry.link ?? '', 100, entry.path), 157);
  bytes.write('ustar\u000000', 257);
  bytes.write(prefix, 345);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return bytes;
}

const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`;

/** A name of more than 100 bytes is cut in two at a slash. */
function splitPath(path: string): [prefix: string, name: string] {
  if (Buffer.byteLength(path) <= 100) return ['', path];
  for (let at = path.indexOf('/'); at > 0 && at < path.length - 1; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (Buffer.byteLength(name) <= 100) return [fitting(prefix, 155, path), name];
  }
  return ['', fitting(path, 100, path)];
}

function fitting(text: string, width: number, path: string): string {
  if (Buffer.byteLength(text) <= width) return text;
  throw new BadInput(`the path ${shown(path)} is too long for an archive`, 'shorten it');
}
