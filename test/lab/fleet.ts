import { leaveAptCache } from './apt-cache.js';
import { removeDisks } from './disk.js';
import { ensureAuthority } from './authority.js';
import { saveImages } from './image-store.js';
import { ensureHostImage } from './image.js';
import { ensureIdentity, hasLabFiles, writeLabFiles } from './files.js';
import { raiseKernelLimits } from './kernel-limits.js';
import * as machine from './machine.js';
import { addressOf, containerName, gateway, label, network, services, subnet, userOf } from './names.js';
import { ensureServices } from './services.js';
import { ensureStandIns } from './stand-ins.js';
import { lockLab, lockMachine, lockShared } from './lock.js';
import { outwardMtu } from './mtu.js';
import { asRoot, docker, run } from './run.js';

export interface HostStatus {
  name: string;
  address: string;
  user: string;
  state: string;
}

type Say = (line: string) => void;

/** Makes what is missing and leaves alone what is there; returns the hosts it made or started. */
export function up(count: number, say: Say, how: { renew?: true | undefined } = {}): Promise<string[]> {
  return lockLab(() => makeUp(count, say, how.renew ?? false));
}

async function makeUp(count: number, say: Say, renew: boolean): Promise<string[]> {
  const image = await ensureAround(say);
  const wanted = [...Array.from({ length: count }, (_, i) => `vps${i + 1}.lab`), 'backup.lab'];
  const outdated: string[] = [];
  for (const host of wanted) {
    const madeOf = ['inspect', '--format', '{{.Config.Image}}', containerName(host)];
    if (![image, ''].includes(await docker(madeOf, { allowFailure: true }))) outdated.push(host);
  }
  for (const host of outdated) {
    if (renew) await machine.destroyMachine(host);
    else say(`${host} was made of an older image: npm run lab -- destroy ${host}, then up`);
  }
  const made = await Promise.all(wanted.map((host) => machine.createMachine(host, image)));
  await writeFiles();
  return wanted.filter((_, i) => made[i]);
}

export async function create(host: string, say: Say): Promise<boolean> {
  addressOf(host);
  return lockLab(async () => {
    const image = await ensureAround(say);
    const made = await machine.createMachine(host, image);
    await writeFiles();
    return made;
  });
}

/** Everything but the hosts; returns the image that hosts are made of. */
async function ensureAround(say: Say): Promise<string> {
  return lockShared(async () => {
    await raiseKernelLimits(say);
    await ensureIdentity();
    const authority = await ensureAuthority();
    const image = await ensureHostImage(say);
    await lockMachine(ensureNetwork);
    const around = await ensureServices(authority, say);
    const standIns = await ensureStandIns(say);
    await saveImages([image, around, ...standIns]);
    return image;
  });
}

/** Returns false when there was no such host. */
export function destroy(host: string): Promise<boolean> {
  addressOf(host);
  return lockLab(async () => {
    const destroyed = await machine.destroyMachine(host);
    await updateFiles();
    return destroyed;
  });
}

/** What stands under these names makes room at once; see removeAside. */
export function setAside(hosts: readonly string[]): Promise<void> {
  return lockLab(async () => {
    await Promise.all(hosts.map(machine.setAsideMachine));
    await updateFiles();
  });
}

/** Gigabytes of hosts that were put aside: their removal takes longer than all that is made of new ones. */
export const { removeAside } = machine;

/** Removes every container, volume and network of the lab; images and the blackhole route stay. */
export function down(): Promise<void> {
  return lockLab(removeAll);
}

async function removeAll(): Promise<void> {
  const filter = ['--quiet', '--filter', `label=${label}`];
  const each = async (list: string[], remove: string[]) => {
    const ids = (await docker([...list, ...filter])).split('\n').filter(Boolean);
    if (ids.length > 0) await docker([...remove, ...ids]);
  };
  await each(['ps', '--all'], ['rm', '--force', '--volumes']);
  await removeDisks();
  await leaveAptCache();
  await each(['volume', 'ls'], ['volume', 'rm', '--force']);
  await each(['network', 'ls'], ['network', 'rm']);
}

export async function status(): Promise<HostStatus[]> {
  const format = '{{.Names}} {{.State}}';
  const lines = await docker(['ps', '--all', '--filter', `label=${label}`, '--format', format]);
  const prefix = `${network}-`;
  return lines
    .split('\n')
    .filter((line) => line.startsWith(prefix))
    .map((line) => line.slice(prefix.length).split(' '))
    .filter(([name = '']) => !(name in services))
    .map(([name = '', state = '']) => {
      return { name, address: addressOf(name), user: userOf(name), state };
    })
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

/** After hosts went; it may be on a machine where the lab never was. */
async function updateFiles(): Promise<void> {
  if (await hasLabFiles()) await writeFiles();
}

async function writeFiles(): Promise<void> {
  const running = (await status()).filter((host) => host.state === 'running');
  const keys: Record<string, string> = {};
  for (const { name } of running) keys[name] = await machine.readHostKey(name);
  await writeLabFiles(keys);
}

async function ensureNetwork(): Promise<void> {
  if (!(await docker(['network', 'ls', '--quiet', '--filter', `name=^${network}$`]))) {
    const mtu = ['--opt', `com.docker.network.driver.mtu=${await outwardMtu()}`];
    const place = ['--subnet', subnet(), '--gateway', gateway()];
    await docker(['network', 'create', '--label', label, ...mtu, ...place, network]);
  }
  // Without it a packet to a destroyed host, or after `down`, would leave the machine by its default route.
  if (process.platform !== 'linux') return;
  await run(asRoot('ip', 'route', 'replace', 'blackhole', subnet(), 'metric', '4294967'));
}
