import { readFile } from 'node:fs/promises';
import type { Remote } from '../../activities/adapters/remote/remote.js';
import { bytesText } from '../../workflows/contract/amounts.js';
import type { Config } from '../config/schema.js';
import type { Hosts } from '../hosts.js';
import { type Check, bad, good, noted, refused } from './check.js';

/** TLS and SSH keys that expire need a clock; a minute would already mix up what came first. */
const clockSeconds = 30;
/** Below it dumps and images do not fit any more. */
const leastFree = { bytes: 1024 ** 3, share: 0.1 };

/** Each host of the configuration: reached with its pinned key, then its clock, disk and Docker. */
export async function checkHosts(config: Config, hosts: Hosts, signal: AbortSignal): Promise<Check[]> {
  const named = Object.entries(config.hosts ?? {});
  const checked = await Promise.all(
    named.map(async ([name, { 'host-keys': keys = [] }]) => {
      if (keys.length === 0) return [bad(`host ${name} has no pinned key`, `myc-wf start vps-setup ${name}`)];
      try {
        return await checkHost(name, await hosts.host(name), signal);
      } catch (error) {
        return [refused(error)];
      }
    }),
  );
  return checked.flat();
}

async function checkHost(name: string, remote: Remote, signal: AbortSignal): Promise<Check[]> {
  const script = await readFile(new URL('../../activities/scripts/doctor-look.sh', import.meta.url), 'utf8');
  const before = Date.now();
  const argv = ['bash', '-c', script, 'doctor-look.sh'];
  const { exit, stdout, stderr } = await remote.exec(argv, { signal, timeoutSeconds: 30 });
  if (exit !== 0) return [bad(`host ${name} cannot be looked at: ${stderr.trim().slice(-200)}`)];
  return judge(name, stdout, before, Date.now());
}

/** Of what doctor-look.sh said between two moments. */
export function judge(name: string, answer: string, beforeMs: number, afterMs: number): Check[] {
  const lines = answer.split('\n').map((line) => line.split(' '));
  const wrong = lines.flatMap(([word = '', ...rest]): Check[] => {
    if (word === 'clock') return clock(name, Number(rest[0]) * 1000, beforeMs, afterMs);
    if (word === 'disk') return disk(name, rest);
    if (word === 'docker-silent')
      return [bad(`host ${name}: Docker does not answer`, `on the host: systemctl status docker`)];
    if (word === 'no-docker') return [noted(`host ${name} has no Docker yet`, `myc-wf start deploy ${name}`)];
    if (word === 'stages' && /^[1-9]\d{0,5}$/.test(rest[0] ?? ''))
      return [
        noted(
          `host ${name} holds what ${rest[0]} unfinished recovery left under /srv/.myc-wf-restore`,
          'the next recovery there removes it',
        ),
      ];
    return [];
  });
  const said = lines.find(([word]) => word === 'docker')?.[1];
  const docker = said === undefined || /^[\w.+~-]{1,40}$/.test(said) ? said : 'of an unknown version';
  const fine = docker === undefined ? `host ${name} answers` : `host ${name} answers, Docker ${docker}`;
  return [good(fine), ...wrong];
}

function clock(name: string, host: number, before: number, after: number): Check[] {
  // Asked in between: only what is outside is wrong. The host says whole seconds.
  const off = host < before - 1000 ? host - before : host > after ? host - after : 0;
  if (!Number.isFinite(host))
    return [bad(`host ${name}: what it says of its clock cannot be understood`, 'on the host: date')];
  const seconds = Math.round(Math.abs(off) / 1000);
  if (seconds <= clockSeconds) return [];
  return [
    bad(
      `host ${name}: its clock is ${seconds} s ${off < 0 ? 'behind' : 'ahead'}`,
      'on the host: timedatectl set-ntp true',
    ),
  ];
}

function disk(name: string, [path, free, total]: string[]): Check[] {
  const [left, size] = [Number(free) * 1024, Number(total) * 1024];
  if (!Number.isFinite(left) || !Number.isFinite(size) || !/^\/[\w/.-]*$/.test(path ?? ''))
    return [bad(`host ${name}: what it says of its disk cannot be understood`, 'on the host: df -Pk')];
  if (left >= leastFree.bytes && left >= size * leastFree.share) return [];
  return [
    bad(
      `host ${name}: ${bytesText(left)} are free of ${bytesText(size)} on ${path}`,
      'make room, or give it a larger disk: docker system df shows what images take',
    ),
  ];
}
