export type Mapping = Record<string, unknown>;

/** Lists that mean one thing as a whole: a healthcheck's test with words added to it would be another command. */
const replaced = new Set(['entrypoint', 'test']);

export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * What a charm says with what compose.yml adds: mappings merge, lists append what is not there yet, everything else is
 * replaced; a list on a string (`command: x` + `command: [y]`) appends to it. Unlike compose's own rule, `command` as a
 * list appends too. Neither argument is changed.
 */
export function merge(base: unknown, over: unknown): unknown {
  if (over === undefined) return base;
  if (isMapping(base) && isMapping(over)) return mergeMappings(base, over);
  if (Array.isArray(base) && Array.isArray(over)) return append(base, over);
  return over;
}

export function mergeMappings(base: Mapping, over: Mapping): Mapping {
  const result = new Map<string, unknown>(Object.entries(base));
  for (const [key, value] of Object.entries(over))
    result.set(key, result.has(key) ? mergeKey(key, result.get(key), value) : value);
  // fromEntries defines its keys, so a key such as "__proto__" cannot reach a prototype.
  return Object.fromEntries(result);
}

/** A command as a string takes words of a list; environment and its like have two forms, made alike where they differ. */
function mergeKey(key: string, base: unknown, over: unknown): unknown {
  if (replaced.has(key) && Array.isArray(over)) return over;
  if (key === 'command' && typeof base === 'string' && Array.isArray(over))
    return append(base.split(/\s+/), over);
  if (Array.isArray(base) && isMapping(over)) return merge(keyed(key, base), over);
  if (isMapping(base) && Array.isArray(over)) return merge(base, keyed(key, over));
  return merge(base, over);
}

const pair = (item: string): [string, string | null] => {
  const at = item.indexOf('=');
  return at === -1 ? [item, null] : [item.slice(0, at), item.slice(at + 1)];
};
/** Keys that compose takes as a list, too: what an item of the list is in the mapping. */
const entryOf = new Map<string, (item: string) => [string, unknown]>([
  ['environment', pair],
  ['labels', pair],
  ['annotations', pair],
  ['sysctls', pair],
  ['extra_hosts', (item) => pair(item.includes('=') ? item : item.replace(':', '='))],
  ['depends_on', (item) => [item, { condition: 'service_started' }]],
  ['networks', (item) => [item, null]],
]);

function keyed(key: string, list: readonly unknown[]): unknown {
  const entry = entryOf.get(key);
  return entry === undefined ? list : Object.fromEntries(list.map((item) => entry(String(item))));
}

/** Appends what the list does not hold yet, so that merging the same thing again changes nothing. */
function append(base: readonly unknown[], over: readonly unknown[]): unknown[] {
  const held = new Set(base.map((item) => JSON.stringify(item)));
  return [...base, ...over.filter((item) => !held.has(JSON.stringify(item)))];
}
