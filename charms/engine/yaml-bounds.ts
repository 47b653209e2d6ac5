import { type Document, Lexer, isCollection, isMap, isNode, isPair, isScalar } from 'yaml';

export type Path = readonly (string | number)[];
export interface Place {
  line: number;
  column: number;
}

const maxDepth = 64;
/** What all aliases written out may come to: far above any real file, far below what slows the engine. */
const maxValues = 200_000;

/** The offset at which brackets, or dashes on one line, nest too deep; read before the recursive parser sees the text. */
export function tooDeepAt(text: string): number | undefined {
  let flow = 0;
  let dashes = 0;
  let offset = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === '[' || token === '{') flow += 1;
    else if ((token === ']' || token === '}') && flow > 0) flow -= 1;
    else if (token === '-' || token === '?') dashes += 1;
    else if (token.trim() !== '') dashes = 0;
    if (flow > maxDepth || dashes > maxDepth) return Math.min(offset, text.length);
    // The lexer's own marks (document start, scalar ahead, flow error) are not part of the text.
    if (!['\u0002', '\u0018', '\u001f'].includes(token)) offset += token.length;
  }
  return undefined;
}

/** The first path that is too deep, or where the values, aliases written out, become too many. */
export function tooLarge(value: unknown): { path: Path; message: string; next: string } | undefined {
  let count = 0;
  const open: { value: unknown; path: Path }[] = [{ value, path: [] }];
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    const { path } = item;
    count += 1;
    if (count > maxValues)
      return {
        path,
        message: `more than ${maxValues} values, aliases written out`,
        next: 'use fewer aliases',
      };
    if (path.length > maxDepth)
      return { path, message: `values are nested more than ${maxDepth} deep`, next: 'flatten the structure' };
    if (item.value === null || typeof item.value !== 'object') continue;
    for (const [key, child] of Object.entries(item.value)) {
      if (key === '__proto__')
        return { path, message: 'the key "__proto__" is not allowed', next: 'rename it' };
      open.push({ value: child, path: [...path, Array.isArray(item.value) ? Number(key) : key] });
    }
  }
  return undefined;
}

/** The offset of the key (mapping) or item (list) at a path, or of its nearest parent that is written there. */
export function locateIn(doc: Document, path: Path): number {
  let node: unknown = doc.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const part of path) {
    if (!isCollection(node)) return offset;
    const found: unknown = isMap(node)
      ? node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === String(part))
      : node.items[Number(part)];
    const anchor: unknown = isPair(found) ? found.key : found;
    if (!isNode(anchor)) return offset;
    offset = anchor.range?.[0] ?? offset;
    node = isPair(found) ? found.value : found;
  }
  return offset;
}
