/** Each job on a host holds one of the connection's eight channels, and looks need some too. */
const atOnce = 4;

/** Several at once, all of them waited for, also when one fails: they go on anyway. */
export async function inLanes<T>(
  items: readonly T[],
  work: (item: T) => Promise<readonly string[]>,
): Promise<string[]> {
  const done: string[] = [];
  const waiting = [...items];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      done.push(...(await work(next)));
  };
  const lanes = await Promise.allSettled(Array.from({ length: atOnce }, lane));
  const failed = lanes.find((lane) => lane.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return done;
}
