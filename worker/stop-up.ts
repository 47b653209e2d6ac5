import { setTimeout as sleep } from 'node:timers/promises';
import { readUpFile, removeUpFile } from '../client/up-file.js';
import { processMark } from './process-mark.js';
import { lockHolder } from './up-lock.js';

/** The worker gives its activities 30 s, the server is given 15. */
const stopWithinMs = 60_000;

interface Process {
  pid: number;
  mark: string;
}

/** Ends a running `up` and its server; true when there was one. A server whose `up` was killed is ended too. */
export async function stopUp(directory: string): Promise<boolean> {
  const up = await readUpFile(directory);
  const holder = await lockHolder(directory);
  const own = holder ?? (up === undefined ? undefined : { pid: up.pid, mark: up.pidMark });
  const server = up === undefined ? undefined : { pid: up.serverPid, mark: up.serverMark };
  // The worker first: it ends its activities while the server still answers, and then the server itself.
  const stopped = own === undefined ? false : await end(own);
  const left = server === undefined ? false : await end(server);
  if (up !== undefined) await removeUpFile(directory);
  return stopped || left;
}

const runs = async ({ pid, mark }: Process): Promise<boolean> => (await processMark(pid)) === mark;

async function end(process: Process): Promise<boolean> {
  if (!(await runs(process))) return false;
  signal(process, 'SIGTERM');
  for (const deadline = Date.now() + stopWithinMs; await runs(process); await sleep(100))
    if (Date.now() > deadline) signal(process, 'SIGKILL');
  return true;
}

/** It may have ended meanwhile. */
function signal({ pid }: Process, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
