import { readFile } from 'node:fs/promises';
import { asRoot, run } from './run.js';

const file = '/proc/sys/fs/inotify/max_user_instances';
/** A host's systemd and what runs under it take about 10, and all hosts of this machine count as one user. */
const enough = 1024;

/** With the usual 128 the eighth host or so ends as it boots, with exit 255. */
export async function raiseKernelLimits(say: (line: string) => void): Promise<void> {
  const now = Number(await readFile(file, 'utf8').catch(() => enough));
  if (now >= enough) return;
  const setting = `fs.inotify.max_user_instances=${enough}`;
  const { code } = await run(['env', ...asRoot('sysctl', '-q', '-w', setting)], { allowFailure: true });
  if (code === 0)
    say(`set ${setting} until this machine restarts (it was ${now}: too few for several hosts)`);
  else say(`${now} inotify instances are too few for several hosts; set more as root: sysctl -w ${setting}`);
}
