/**
 * What `table` itself has under `word`, which may be any text: every plain object inherits
 * `constructor`, `toString` and `__proto__`, and a host or a service may be called that.
 */
export function ownValue<V>(table: Readonly<Record<string, V>> | undefined, word: string): V | undefined {
  if (table === undefined || !Object.hasOwn(table, word)) return undefined;
  // eslint-disable-next-line myc-wf/no-word-as-key -- This is the one place that looks before it reads.
  return table[word];
}
