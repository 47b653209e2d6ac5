import { readFile } from 'node:fs/promises';

/** When a process began, in the kernel's ticks; undefined when it has ended. A number that was used again has another mark. */
export async function processMark(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The second field is the name in brackets, which may hold anything: what follows the last bracket is plain.
  const [state, ...rest] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
  return state === undefined || state === 'Z' ? undefined : rest[18];
}
