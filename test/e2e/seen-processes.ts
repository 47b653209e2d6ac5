import { readFile, readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** What `ps` shows of this machine and, since hosts in containers share its kernel, of every host: looked at again and again. */
export function seenProcesses(): { stop: () => Promise<string> } {
  const seen = new Set<string>();
  const stopped = new AbortController();
  const looking = (async () => {
    for (; !stopped.signal.aborted; await sleep(50)) {
      const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
      const lines = processes.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''));
      for (const line of await Promise.all(lines)) seen.add(line.replaceAll('\0', ' '));
    }
  })();
  return {
    stop: async () => {
      stopped.abort();
      await looking;
      return [...seen].join('\n');
    },
  };
}
