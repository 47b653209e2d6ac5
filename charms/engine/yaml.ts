import { LineCounter, type Tags, parseDocument } from 'yaml';
import { type YamlProblem, YamlError } from './problem.js';
import { varExpandTags, markExpandable } from './var-expand.js';
import {
  type Path,
  type Place,
  duplicateKey,
  locateIn,
  maxAliases,
  tooDeepAt,
  tooLarge,
  tooManyAliases,
} from './yaml-bounds.js';

export type { Path, Place } from './yaml-bounds.js';

export interface ParsedYaml {
  file: string;
  value: unknown;
  /** Where a value stands: its key in a mapping, the item in a list; the nearest parent of what is not there. */
  locate(path: Path): Place;
  problem(path: Path, message: string, next: string): YamlProblem;
}

const maxBytes = 1024 * 1024;
/** Tags of YAML 1.1 that turn what people mean as text (22:22, 2026-11-23) into something else. */
const unwanted = new Set(['binary', 'omap', 'pairs', 'set', 'timestamp']);

/**
 * Reads a YAML file that may be hostile. Merge keys and yes/no keep their meaning of YAML 1.1, sexagesimal numbers and
 * dates stay text. Throws YamlError for a file that is too big, too deep, not YAML, or has a key twice.
 */
export function parseYaml(
  text: string,
  file: string,
  /** `!var-expand` is known: the values go through `expanded` (variables.ts) before they are used. */
  { varExpand = false }: { varExpand?: boolean } = {},
): ParsedYaml {
  const counter = new LineCounter();
  const lines = text.length > maxBytes ? [''] : text.split(/\r?\n/);
  const problemAt = ({ line, column }: Place, message: string, next: string): YamlProblem => ({
    ...{ file, line, column, message, next },
    excerpt: lines[line - 1] ?? '',
  });
  const fail = (place: Place, message: string, next: string): never => {
    throw new YamlError([problemAt(place, message, next)]);
  };
  if (text.length > maxBytes)
    fail(
      { line: 1, column: 1 },
      'the file is larger than 1 MiB',
      'split it or check that it is the right file',
    );
  const deep = tooDeepAt(text);
  const tooDeep = 'values are nested more than 64 deep';
  if (deep !== undefined) fail(place(lines, deep), tooDeep, 'flatten the structure');

  const doc = parseDocument(text, {
    version: '1.1',
    lineCounter: counter,
    prettyErrors: false,
    // The library compares each key with each: quadratic. Checked below.
    uniqueKeys: false,
    stringKeys: true,
    customTags: (tags) => [...tags.filter(isWanted).map(longWords), ...(varExpand ? varExpandTags : [])],
  });
  const [first, ...others] = [...doc.errors, ...doc.warnings].map((error) =>
    problemAt(linePos(counter, error.pos[0]), error.message, advice(error.code)),
  );
  if (first !== undefined) throw new YamlError([first, ...others.slice(0, 9)]);
  const twice = duplicateKey(doc);
  if (twice !== undefined) fail(linePos(counter, twice.offset), twice.message, 'keep one of the two');
  const many = tooManyAliases(doc);
  if (many !== undefined) fail(linePos(counter, many.offset), many.message, 'write the values out');

  markExpandable(doc, (offset) => {
    const { line, column } = linePos(counter, offset);
    return `${file}:${line}:${column}`;
  });
  const locate = (path: Path): Place => linePos(counter, locateIn(doc, path));
  let value: unknown;
  try {
    value = doc.toJS({ maxAliasCount: maxAliases });
  } catch (error) {
    const message = error instanceof Error ? error.message : 'cannot be read';
    fail({ line: 1, column: 1 }, message, 'write the aliased values out');
  }
  const large = tooLarge(value);
  if (large !== undefined) fail(locate(large.path), large.message, large.next);
  return { file, value, locate, problem: (path, message, next) => problemAt(locate(path), message, next) };
}

const isWanted = (tag: Tags[number]): boolean =>
  typeof tag === 'string' ||
  !(unwanted.has(tag.tag.replace(/^.*:/, '')) || ('format' in tag && tag.format === 'TIME'));

/** `y` and `n` alone are text, as for the seed's reader and for Docker Compose; yes, no, on, off, true, false are switches. */
const longWords = (tag: Tags[number]): Tags[number] =>
  typeof tag !== 'string' && 'test' in tag && tag.tag === 'tag:yaml.org,2002:bool' && tag.test !== undefined
    ? { ...tag, test: new RegExp(`^(?=..)(?:${tag.test.source})`) }
    : tag;

function linePos(counter: LineCounter, offset: number): Place {
  const { line, col } = counter.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function place(lines: readonly string[], offset: number): Place {
  let rest = offset;
  for (const [index, line] of lines.entries()) {
    if (rest <= line.length) return { line: index + 1, column: rest + 1 };
    rest -= line.length + 1;
  }
  return { line: lines.length, column: 1 };
}

function advice(code: string): string {
  if (code === 'TAB_AS_INDENT') return 'indent with spaces';
  if (code === 'MULTIPLE_DOCS') return 'keep one document in a file: remove the "---"';
  if (code === 'TAG_RESOLVE_FAILED')
    return 'write the value without a tag, or quote it; !var-expand is the only one that charms and compose.yml have';
  if (code === 'BAD_INDENT' || code === 'MISSING_CHAR') return 'check the indentation and the colons here';
  return 'correct the YAML here';
}
