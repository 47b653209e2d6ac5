/** What one measure of the bench came to, over its samples. */
export interface Samples {
  median: number;
  min: number;
  max: number;
  samples: number;
}

export async function sampled(count: number, sample: (index: number) => Promise<number>): Promise<Samples> {
  const values: number[] = [];
  for (let index = 0; index < count; index++) values.push(await sample(index));
  return summed(values);
}

export function summed(values: readonly number[]): Samples {
  const sorted = [...values].sort((a, b) => a - b);
  const [min, max] = [sorted[0]!, sorted.at(-1)!];
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
  return { median: rounded(median), min: rounded(min), max: rounded(max), samples: sorted.length };
}

export const rounded = (value: number): number => Number(value.toPrecision(4));

/** Wall seconds of some work. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}
