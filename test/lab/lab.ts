import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { LabFile } from './files.js';
import * as fleet from './fleet.js';
import * as machine from './machine.js';
import { containerName, hostName, labFolder } from './names.js';
import { docker, type Ran, run, type RunOptions } from './run.js';
import { type ExtraImage, provideImages } from './stand-ins.js';

/** A host of the lab as a test sees it. `exec` goes through Docker as root, past the network; `ssh` as an operator would. */
export interface LabHost {
  name: string;
  address: string;
  port: number;
  user: string;
  hostKey: string;
  exec(argv: string[], options?: RunOptions): Promise<string>;
  ssh(command: string, options?: RunOptions): Promise<Ran>;
  reboot(how?: 'orderly' | 'power-cut'): Promise<void>;
  cut(): Promise<void>;
  heal(): Promise<void>;
}

export interface Lab {
  configFile: string;
  identityFile: string;
  /** As `lab.json` has it now. */
  host(name: string): Promise<LabHost>;
  /** A new bare host, also under a name that is up: that one is destroyed first. */
  fresh(name: string): Promise<LabHost>;
  destroy(name: string): Promise<void>;
  /** It stays on the machine, and uses nothing of it but the disk. */
  powerOff(name: string): Promise<void>;
}

/** Makes sure the lab is up, and that its mirror has the images; opening it twice changes nothing. It stays up after the test, for the next one: `npm run lab -- down`. */
export async function openLab({
  hosts = 2,
  images = [],
}: { hosts?: number; images?: readonly ExtraImage[] } = {}): Promise<Lab> {
  const say = (line: string) => process.stderr.write(`lab: ${line}\n`);
  await fleet.up(hosts, say);
  await provideImages(images, say);
  const identityFile = path.join(labFolder, 'id_ed25519');
  const host = async (name: string) => openHost(hostName(name), identityFile);
  return {
    configFile: path.join(labFolder, 'config.yml'),
    identityFile,
    host,
    async fresh(name) {
      await fleet.destroy(hostName(name));
      await fleet.create(hostName(name), say);
      return host(name);
    },
    destroy: async (name) => void (await fleet.destroy(hostName(name))),
    powerOff: (name) => machine.powerOffMachine(hostName(name)),
  };
}

async function openHost(name: string, identityFile: string): Promise<LabHost> {
  const lab = JSON.parse(await readFile(path.join(labFolder, 'lab.json'), 'utf8')) as LabFile;
  const entry = lab.hosts[name];
  if (!entry) throw new Error(`${name} is not up: npm run lab -- create ${name}`);
  const knownHosts = path.join(labFolder, `known_hosts.${name}`);
  await writeFile(knownHosts, `${name} ${entry.hostKey}\n`);
  const pinned = [
    'HostKeyAlias=' + name,
    'UserKnownHostsFile=' + knownHosts,
    'GlobalKnownHostsFile=/dev/null',
  ];
  const options = [
    ...pinned,
    'StrictHostKeyChecking=yes',
    'BatchMode=yes',
    'IdentitiesOnly=yes',
    'ConnectTimeout=5',
  ];
  const login = ['-F', '/dev/null', '-i', identityFile, ...options.flatMap((option) => ['-o', option])];
  return {
    name,
    ...{ address: entry.address, port: entry.port, user: entry.user, hostKey: entry.hostKey },
    exec: (argv, given) => docker(['exec', '-i', containerName(name), ...argv], given),
    ssh: (command, given) => run(['ssh', ...login, `${entry.user}@${entry.address}`, '--', command], given),
    reboot: (how) => machine.rebootMachine(name, how),
    cut: () => machine.cutMachine(name),
    heal: () => machine.healMachine(name),
  };
}
