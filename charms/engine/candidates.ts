/** The names nearest to a mistyped one, at most three: for "write one of …". */
export function candidates(wrong: string, names: readonly string[]): string[] {
  const limit = Math.max(2, Math.floor(wrong.length / 3));
  return names
    .map((name) => ({ name, distance: distance(wrong.slice(0, 64), name.slice(0, 64)) }))
    .filter((entry) => entry.distance <= limit || entry.name.includes(wrong) || wrong.includes(entry.name))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, 3)
    .map((entry) => entry.name);
}

/** "write one of: a, b" from the nearest names, or from all of them where none is near. */
export function oneOf(wrong: string, names: readonly string[]): string {
  const near = candidates(wrong, names);
  if (names.length === 0) return 'there is none to choose from';
  return `write one of: ${(near.length > 0 ? near : names.slice(0, 20)).join(', ')}`;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
