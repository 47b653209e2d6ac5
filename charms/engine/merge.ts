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
    result.set(
      key,
      result.has(key)
        ? replaced.has(key) && Array.isArray(value)
          ? value
          : merge(keyed(key, result.get(key), value), value)
        : value,
    );
  // fromEntries defines its keys, so a key such as "__proto__" cannot reach a prototype.
  return Object.fromEntries(result);
}

/** `environment` and `labels` may be written as a list or a mapping; a command may be a string: made alike before merging. */
function keyed(key: string, base: unknown, over: unknown): unknown {
  if (key === 'command' && typeof base === 'string' && Array.isArray(over)) return base.split(/\s+/);
  if ((key !== 'environment' && key !== 'labels') || !Array.isArray(base) || !isMapping(over)) return base;
  return Object.fromEntries(
    base.map((item) => {
      const [name = '', ...value] = String(item).split('=');
      return [name, value.length === 0 ? null : value.join('=')];
    }),
  );
}

/** Appends what the list does not hold yet, so that merging the same thing again changes nothing. */
function append(base: readonly unknown[], over: readonly unknown[]): unknown[] {
  const held = new Set(base.map((item) => JSON.stringify(item)));
  return [...base, ...over.filter((item) => !held.has(JSON.stringify(item)))];
}
