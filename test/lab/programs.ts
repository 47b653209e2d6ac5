import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const running = new Set<ChildProcess>();

/** Remembers a program until it ends, so that endPrograms ends it. */
export function watch<T extends ChildProcess>(child: T): T {
  running.add(child);
  child.once('close', () => running.delete(child));
  child.once('error', () => running.delete(child));
  return child;
}

/** Ends every program that still runs, for a command that has failed: its other work is of no use any more. */
export async function endPrograms(): Promise<void> {
  const children = [...running];
  const closed = Promise.all(children.map((child) => new Promise((resolve) => child.once('close', resolve))));
  for (const child of children) child.kill('SIGTERM');
  await Promise.race([closed, sleep(20_000, undefined, { ref: false })]);

  for (const child of running) child.kill('SIGKILL');
}
