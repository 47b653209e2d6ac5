import { BadInput } from './bad-input.js';

/** Names that came from outside, and how many of those that were said are none. */
export interface OutsideNames<T> {
  names: T[];
  leftOut: number;
}

/**
 * What a host, a backup target or Temporal calls something, as far as the contract's parser takes
 * it: the rest is never shown, completed or used, since it may be made to be taken for a command,
 * an option or another name.
 */
export function outsideNames<T>(said: readonly unknown[], parse: (value: unknown) => T): OutsideNames<T> {
  const names = said.flatMap((value) => {
    const name = outsideName(value, parse);
    return name === undefined ? [] : [name];
  });
  return { names, leftOut: said.length - names.length };
}

/** Undefined for what is none. */
export function outsideName<T>(value: unknown, parse: (value: unknown) => T): T | undefined {
  try {
    return parse(value);
  } catch (error) {
    if (error instanceof BadInput) return undefined;
    throw error;
  }
}

/** For who looks at the rest; undefined when nothing was left out. */
export function leftOutText(leftOut: number, where: string): string | undefined {
  if (leftOut === 0) return undefined;
  return leftOut === 1
    ? `1 name is left out, since what ${where} says there is none`
    : `${leftOut} names are left out, since what ${where} says there are none`;
}
