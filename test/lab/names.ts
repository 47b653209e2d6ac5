import path from 'node:path';
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';

/** One lab per machine: its subnet and its names are fixed, so whatever a host is called, it keeps its address. */
export const network = 'myc-wf-lab';
export const subnet = '172.30.77.0/24';
export const gateway = '172.30.77.1';
/** Everything the lab makes carries it, and `down` removes nothing else. */
export const label = 'myc-wf.lab=lab';

/** What stands around the hosts; none of it can be cut or rebooted. */
export const services = {
  'dns.lab': '172.30.77.2',
  'registry.lab': '172.30.77.3',
  'mirror.lab': '172.30.77.4',
} as const;
export type ServiceName = keyof typeof services;

export const repository = fileURLToPath(new URL('../..', import.meta.url));
export const labFolder = path.join(repository, '.lab');
export const cacheFolder = path.join(
  process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'),
  'myc-wf',
  'lab',
);

/** `vps1` and `vps1.lab` are the same host. */
export function hostName(name: string): string {
  const full = name.endsWith('.lab') ? name : `${name}.lab`;
  if (!/^[a-z][a-z0-9-]{0,40}\.lab$/.test(full))
    throw new Error(`"${name}" is no lab host name: write vps1 or vps1.lab`);
  return full;
}

export function containerName(host: string): string {
  return `${network}-${host}`;
}

/** vps1.lab is .11, vps2.lab .12 …; backup.lab is .5. Any other name is refused, since its address could not stay the same. */
export function addressOf(host: string): string {
  if (host === 'backup.lab') return '172.30.77.5';
  const number = Number(/^vps(\d{1,3})\.lab$/.exec(host)?.[1] ?? NaN);
  if (!(number >= 1 && number <= 200))
    throw new Error(`${host} has no address in the lab: hosts are vps1.lab … vps200.lab and backup.lab`);
  return `172.30.77.${10 + number}`;
}

/** One host of each kind: vps2 is reached as a user with sudo, the others as root. */
export function userOf(host: string): string {
  return host === 'vps2.lab' ? 'debian' : 'root';
}
