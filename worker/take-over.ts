import { setTimeout as sleep } from 'node:timers/promises';
import { readUpFile } from '../client/up-file.js';
import { processMark } from './process-mark.js';
import { runsAlready } from './up-lock.js';

const stopWithinMs = 15_000;

/**
 * Makes sure that nobody else uses the data directory: two servers on one SQLite file would damage it. A running `up` is
 * left alone; the server of one that was killed is stopped.
 */
export async function takeOver(directory: string, say: (line: string) => void): Promise<void> {
  const other = await readUpFile(directory);
  if (other === undefined) return;
  const { pid, pidMark, serverPid, serverMark } = other;
  if ((await processMark(pid)) === pidMark) throw runsAlready(directory, pid);
  const isOurs = async (): Promise<boolean> => (await processMark(serverPid)) === serverMark;
  if (!(await isOurs())) return;
  say(`stopping the Temporal server ${serverPid}, which a killed myc-wf up left behind`);
  process.kill(serverPid, 'SIGTERM');
  for (const deadline = Date.now() + stopWithinMs; await isOurs(); await sleep(100))
    if (Date.now() > deadline) process.kill(serverPid, 'SIGKILL');
}
