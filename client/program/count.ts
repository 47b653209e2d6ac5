import { InvalidArgumentError } from 'commander';

/** Reads an option's whole number from 1 to `most`. */
export function count(most: number): (value: string) => number {
  return (value) => {
    const parsed = /^[0-9]{1,6}$/.test(value) ? Number(value) : 0;
    if (parsed < 1 || parsed > most)
      throw new InvalidArgumentError(`Write a whole number from 1 to ${most}.`);
    return parsed;
  };
}
