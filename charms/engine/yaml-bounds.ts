import {
  type Document,
  Lexer,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  visit,
} from 'yaml';

export type Path = readonly (string | number)[];
export interface Place {
  line: number;
  column: number;
}

const maxDepth = 64;
/** What all aliases written out may come to: far above any real file, far below what slows the engine. */
const maxValues = 200_000;

/** Nobody writes more by hand; the library's resolving is quadratic in their number. */
export const maxAliases = 200;
/** Keys that all merges of a file copy together. */
const maxMerged = 20_000;

/** The first alias too many, or the mapping whose merge keys copy too much; read before anything is resolved. */
export function tooManyAliases(doc: Document): { offset: number; message: string } | undefined {
  let aliases = 0;
  let merged = 0;
  let found: { offset: number; message: string } | undefined;
  const sizes = new Map<string, number>();
  // An anchor stands before its aliases, so its size is known when a merge asks for it.
  const sizeOf = (source: unknown): number => {
    if (isAlias(source)) return sizes.get(source.source) ?? 0;
    if (isSeq(source)) return source.items.reduce<number>((sum, item) => sum + sizeOf(item), 0);
    return isMap(source) ? source.items.length : 0;
  };
  visit(doc, {
    Alias: (_key, node) => {
      aliases += 1;
      if (aliases <= maxAliases) return undefined;
      found = { offset: node.range?.[0] ?? 0, message: `more than ${maxAliases} aliases` };
      return visit.BREAK;
    },
    Map: (_key, node) => {
      const merges = node.items.filter((pair) => isScalar(pair.key) && String(pair.key.value) === '<<');
      const copied = merges.reduce((sum, pair) => sum + sizeOf(pair.value), 0);
      if (node.anchor !== undefined) sizes.set(node.anchor, node.items.length + copied);
      merged += copied;
      if (merged <= maxMerged) return undefined;
      found = { offset: node.range?.[0] ?? 0, message: `merge keys copy more than ${maxMerged} keys` };
      return visit.BREAK;
    },
  });
  return found;
}

/** The second of two equal keys of one mapping; several merge keys are no fault. */
export function duplicateKey(doc: Document): { offset: number; message: string } | undefined {
  let found: { offset: number; message: string } | undefined;
  visit(doc, {
    Map: (_key, node) => {
      const seen = new Set<string>();
      for (const { key } of node.items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        if (seen.has(name) && name !== '<<') {
          found = { offset: key.range?.[0] ?? 0, message: `the key "${name.slice(0, 60)}" is there twice` };
          return visit.BREAK;
        }
        seen.add(name);
      }
      return undefined;
    },
  });
  return found;
}

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
