import { isDeepStrictEqual } from 'node:util';
import { type Document, type YAMLMap, isMap, isNode, isScalar, parseDocument, stringify } from 'yaml';

/**
 * The text with `value` under a key that is not there yet, below the mappings of `path` that are;
 * every line that stands there stays as it is. Undefined where that cannot be done by adding lines:
 * then the document is written anew.
 */
export function insertLines(text: string, path: readonly string[], value: unknown): string | undefined {
  const document = parseDocument(text);
  const [depth, map] = deepestMap(document, path);
  if (map === undefined || depth === path.length || map.flow === true) return undefined;
  const first = map.items[0]?.key;
  const last = map.items.at(-1)?.value;
  if (!isScalar(first) || !first.range || !isNode(last) || !last.range) return undefined;

  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const indent = ' '.repeat(first.range[0] - (text.lastIndexOf('\n', first.range[0] - 1) + 1));
  const nested = path.slice(depth).reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
  const step =
    document.contents === map || indent === '' ? 2 : Math.max(2, Math.floor(indent.length / depth));
  const lines = stringify(nested, { lineWidth: 0, indent: step })
    .trimEnd()
    .split('\n')
    .map((line) => `${indent}${line}${newline}`)
    .join('');

  const end = endOfLine(text, last.range[1]);
  const before = text.slice(0, end);
  const added = `${before}${before.endsWith('\n') ? '' : newline}${lines}${text.slice(end)}`;

  // The way back shows whether the lines mean what was asked for, whatever stands around them.
  document.setIn(path, value);
  const read = parseDocument(added);
  const same = read.errors.length === 0 && isDeepStrictEqual(read.toJS(), document.toJS());
  return same ? added : undefined;
}

/** How many words of the path are mappings that are there, and the last of these. */
function deepestMap(document: Document, path: readonly string[]): [number, YAMLMap | undefined] {
  let map = isMap(document.contents) ? document.contents : undefined;
  for (let depth = 0; map !== undefined; depth += 1) {
    const word = path[depth];
    if (word === undefined || !map.has(word)) return [depth, map];
    const below: unknown = map.get(word, true);
    map = isMap(below) ? below : undefined;
  }
  return [0, undefined];
}

/** Behind the line in which `offset` stands; a mapping may end at the beginning of the next. */
function endOfLine(text: string, offset: number): number {
  if (offset > 0 && text[offset - 1] === '\n') return offset;
  const end = text.indexOf('\n', offset);
  return end === -1 ? text.length : end + 1;
}
