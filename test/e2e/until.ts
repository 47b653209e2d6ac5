import { setTimeout as sleep } from 'node:timers/promises';

/** Looks again and again; fails with what was waited for. */
export async function until(what: string, holds: () => Promise<boolean>, seconds = 60): Promise<void> {
  for (const deadline = Date.now() + seconds * 1000; !(await holds()); await sleep(100))
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
}
