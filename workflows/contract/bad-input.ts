/**
 * A value the operator, a file or a peer gave that cannot be right. Thrown by the parsers of this folder, before anything
 * is touched; it becomes exit code 2 in the client and a final `BadInput` failure in an activity or a workflow.
 */
export class BadInput extends Error {
  override readonly name = 'BadInput';
  readonly what: string;
  readonly next: string;

  /** `what` says what is wrong and where; `next` says what to write or do instead. */
  constructor(what: string, next: string) {
    super(`${what}; ${next}`);
    this.what = what;
    this.next = next;
  }
}

/** How a refused value is shown: quoted, control characters escaped, cut at 60 characters. */
export function shown(value: unknown): string {
  const text = JSON.stringify(typeof value === 'string' ? value : (value ?? null)) ?? 'undefined';
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text;
}
