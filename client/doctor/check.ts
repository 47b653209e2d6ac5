import { type CommandError, asCommandError } from '../errors.js';

export interface Check {
  ok: boolean;
  /** Nothing is broken, and somebody should know of it. */
  note?: boolean;
  what: string;
  /** What to do; only when it is not ok, or a note. */
  next?: string;
}

export const good = (what: string): Check => ({ ok: true, what });
export const noted = (what: string, next: string): Check => ({ ok: true, note: true, what, next });
export const bad = (what: string, next?: string): Check => ({
  ok: false,
  what,
  ...(next === undefined ? {} : { next }),
});

/** What somebody was asked and did not answer. */
export function refused(error: unknown): Check {
  const { message, next }: CommandError = asCommandError(error);
  const [what = '', ...rest] = message.split('; ');
  return bad(what, next ?? (rest.length === 0 ? undefined : rest.join('; ')));
}

export const mark = ({ ok, note }: Check): string => (note ? '!' : ok ? '✔' : '✘');
