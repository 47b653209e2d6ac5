import { readFile } from 'node:fs/promises';
import { run } from './run.js';

/** Of the way out of this machine: a lab whose packets are larger has them lost where that way says nothing. */
export async function outwardMtu(): Promise<number> {
  const route = await run(['ip', '-4', 'route', 'show', 'default'], { allowFailure: true }).catch(
    () => undefined,
  );
  const [line = ''] = route?.stdout.split('\n') ?? [];
  const device = /\bdev (\S+)/.exec(line)?.[1];
  const ofDevice = device && (await readFile(`/sys/class/net/${device}/mtu`, 'utf8').catch(() => undefined));
  const mtu = Number(/\bmtu (?:lock )?(\d+)/.exec(line)?.[1] ?? ofDevice ?? 1500);
  return Math.min(1500, Math.max(1280, mtu || 1500));
}
