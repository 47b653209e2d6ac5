import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ensureAptCache } from './apt-cache.js';
import { cachedArchive, readAptSettings } from './apt-settings.js';
import type { Authority } from './authority.js';
import { type ContainerPlan, ensureContainer } from './container.js';
import { buildImage } from './image.js';
import {
  addressOf,
  cacheAddress,
  cacheFolder,
  containerName,
  label,
  mirrorVolume,
  network,
  serviceAddress,
  services,
  type ServiceName,
} from './names.js';
import { ensureAptKey } from './apt-key.js';
import { docker } from './run.js';

type Say = (line: string) => void;

/** Makes and starts what is missing, anew what was made otherwise; returns the image that they are made of. */
export async function ensureServices(authority: Authority, say: Say): Promise<string> {
  const image = await buildImage('services', {}, say);
  const apt = await readAptSettings();
  await ensureAptCache(image, apt);
  const plans = await planServices(image, authority, cachedArchive(apt));
  const names = Object.keys(services) as ServiceName[];
  await Promise.all(
    names.map((name) => {
      const place = ['--network', network, '--ip', serviceAddress(name), '--network-alias', name];
      const options = ['--label', label, ...place, '--hostname', name, ...plans[name].options];
      return ensureContainer({ ...plans[name], options, image, name: containerName(name) });
    }),
  );
  return image;
}

/** Made once, since its salt makes each one another. */
async function ensureHtpasswd(image: string, password: string): Promise<string> {
  const file = path.join(cacheFolder, 'authority', 'htpasswd');
  const there = await readFile(file, 'utf8').catch(() => undefined);
  if (there !== undefined) return there;
  const make = ['run', '--rm', '--interactive', '--network', 'none', image, 'htpasswd', '-niB', 'lab'];
  const line = `${await docker(make, { input: password })}\n`;
  await writeFile(`${file}.making`, line, { mode: 0o600 });
  await rename(`${file}.making`, file);
  return line;
}

type Plan = Pick<ContainerPlan, 'options' | 'command' | 'secrets'>;

async function planServices(
  image: string,
  authority: Authority,
  archive: string | undefined,
): Promise<Record<ServiceName, Plan>> {
  const registryVolume = `${network}-registry`;
  await docker(['volume', 'create', '--label', label, registryVolume]);
  return {
    'dns.lab': { options: ['--cap-add', 'NET_ADMIN'], command: dnsmasq(archive) },
    'registry.lab': {
      options: ['--volume', `${registryVolume}:/var/lib/registry`],
      command: ['docker-registry', 'serve', '/etc/lab/registry.yml'],
      secrets: {
        'server.crt': await readFile(authority.certificateFile, 'utf8'),
        'server.key': await readFile(authority.keyFile, 'utf8'),
        htpasswd: await ensureHtpasswd(image, authority.registryPassword),
      },
    },
    // Published on loopback for this machine's own Docker, which pushes without TLS only there; the disk is every lab's and outlives `down`.
    'mirror.lab': {
      options: ['--publish', '127.0.0.1::80', '--volume', `${mirrorVolume}:/var/lib/registry`],
      command: ['docker-registry', 'serve', '/etc/lab/mirror.yml'],
    },
    'apt.lab': {
      options: [],
      command: ['serve-apt'],
      secrets: { 'apt-key': (await ensureAptKey(image)).secret },
    },
  };
}

/** Names below a host's: www.vps1.lab is vps1.lab. A host's own name too, for it has to resolve while the host is cut off. */
function dnsmasq(archive: string | undefined): string[] {
  const hosts = ['backup.lab', ...Array.from({ length: 20 }, (_, i) => `vps${i + 1}.lab`)];
  const names = hosts.map((host) => `--address=/${host}/${addressOf(host)}`);
  if (archive) names.push(`--address=/${archive}/${cacheAddress()}`);
  return ['dnsmasq', '--keep-in-foreground', '--user=root', '--conf-file=/etc/lab/dns.conf', ...names];
}
