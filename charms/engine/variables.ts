import { BadInput } from '../../workflows/contract/bad-input.js';
import { oneOf } from './candidates.js';
import { isMapping } from './merge.js';
import { ownValue } from '../../workflows/contract/own-value.js';

/** What `!var-expand` of YAML files may name, by variable. */
export type Variables = Readonly<Record<string, string>>;

/** YAML text cannot hold a NUL as it stands, so nobody writes one of these by accident. */
const mark = '\u0000var-expand ';

/** A text tagged `!var-expand`, as it goes through merging until the service it is for is known; it keeps its place. */
export const expandable = (text: string, place: string): string => `${mark}${place}\u0000${text}`;

/**
 * The value with every text under `!var-expand` expanded, keys of mappings too, as a here-document of a shell would:
 * `$NAME` and `${NAME}` are replaced, `\$` is a dollar sign, `\\` a backslash, any other `$` stays.
 */
export function expanded<T>(value: T, variables: Variables): T;
export function expanded(value: unknown, variables: Variables): unknown {
  if (typeof value === 'string') return value.startsWith(mark) ? expandedText(value, variables) : value;
  if (Array.isArray(value)) return value.map((item: unknown) => expanded(item, variables));
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [expanded(key, variables), expanded(item, variables)]),
  );
}

function expandedText(marked: string, variables: Variables): string {
  const end = marked.indexOf('\u0000', mark.length);
  const place = marked.slice(mark.length, end);
  return marked
    .slice(end + 1)
    .replace(
      /\\([$`\\])|\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g,
      (_all, escaped?: string, braced?: string, bare?: string) =>
        escaped ?? valueOf(braced ?? bare ?? '', variables, place),
    );
}

function valueOf(name: string, variables: Variables, place: string): string {
  const value = ownValue(variables, name);
  if (value !== undefined) return value;
  throw new BadInput(
    `${place}: !var-expand does not know the variable "${name}" here`,
    `${oneOf(name, Object.keys(variables))}; write \\$ for a dollar sign`,
  );
}
