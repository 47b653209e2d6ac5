import path from 'node:path';
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { chooseSubnet } from './subnet.js';

/** MYC_WF_LAB names the lab: several stand side by side on one machine, each with its own network, hosts and files. */
export const labName = process.env.MYC_WF_LAB || 'lab';
if (!/^[a-z][a-z0-9]{0,15}$/.test(labName))
  throw new Error(`MYC_WF_LAB=${labName}: write 1 to 16 of a-z and 0-9, a letter first`);
const isDefault = labName === 'lab';

export const network = isDefault ? 'myc-wf-lab' : `myc-wf-lab-${labName}`;
/** Everything the lab makes for itself carries it, and `down` removes nothing else. */
export const label = `myc-wf.lab=${labName}`;
/** Images serve every lab of the machine. */
export const imageLabel = 'myc-wf.lab.image=1';

/**
 * MYC_WF_LAB_IMAGES gives images, and the mirror's disk, names of their own. They are then made without anything that was
 * built before; Debian's packages still come through the cache that all labs share.
 */
const usualImages = 'myc-wf-lab';
export const imagePrefix = process.env.MYC_WF_LAB_IMAGES || usualImages;
if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(imagePrefix) || imagePrefix.length > 40)
  throw new Error(
    `MYC_WF_LAB_IMAGES=${imagePrefix}: write at most 40 of a-z, 0-9 and single hyphens, a letter first`,
  );
export const hasOwnImages = imagePrefix !== usualImages;

export function imageName(nameAndTag: string): string {
  return `${imagePrefix}/${nameAndTag}`;
}

export const mirrorVolume = `${imagePrefix}-mirror-cache`;

/** What stands around the hosts, and its place in the subnet; none of it can be cut or rebooted. */
export const services = { 'dns.lab': 2, 'registry.lab': 3, 'mirror.lab': 4, 'apt.lab': 6 } as const;
export type ServiceName = keyof typeof services;

export const repository = fileURLToPath(new URL('../..', import.meta.url));
export const labFolder = path.join(repository, isDefault ? '.lab' : `.lab-${labName}`);
/** What every lab and every checkout of this user shares. */
export const cacheFolder = path.join(
  process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'),
  'myc-wf',
  'lab',
);

let chosen: string | undefined;
/** The default lab's is fixed; another lab's is found by its name and kept as long as its network is there. */
export function subnet(): string {
  chosen ??= isDefault ? '172.30.77.0/24' : chooseSubnet(labName, network);
  return chosen;
}

function inSubnet(place: number): string {
  return subnet().replace(/0\/24$/, String(place));
}

export function gateway(): string {
  return inSubnet(1);
}

export function serviceAddress(name: ServiceName): string {
  return inSubnet(services[name]);
}

/** The cache of Debian's archive serves every lab of the machine, and has a place in each subnet. */
export const cacheContainer = 'myc-wf-apt-cache';
export const cacheVolume = 'myc-wf-lab-apt-cache';
export function cacheAddress(): string {
  return inSubnet(7);
}

/** Of the embedded Temporal that the lab's configuration names: several labs run theirs side by side. */
export function temporalPorts(): { port: number; 'ui-port': number } {
  const port = 24000 + 4 * Number(subnet().split('.')[2]);
  return { port, 'ui-port': port + 1 };
}

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
  if (host === 'backup.lab') return inSubnet(5);
  const number = Number(/^vps(\d{1,3})\.lab$/.exec(host)?.[1] ?? NaN);
  if (!(number >= 1 && number <= 200))
    throw new Error(`${host} has no address in the lab: hosts are vps1.lab … vps200.lab and backup.lab`);
  return inSubnet(10 + number);
}

/** One host of each kind: vps2 is reached as a user with sudo, the others as root. */
export function userOf(host: string): string {
  return host === 'vps2.lab' ? 'debian' : 'root';
}
