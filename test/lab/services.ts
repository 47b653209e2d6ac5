import { mkdtemp, copyFile, chmod, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Authority } from './authority.js';
import { buildImage } from './image.js';
import {
  addressOf,
  containerName,
  label,
  network,
  serviceAddress,
  services,
  type ServiceName,
} from './names.js';
import { docker } from './run.js';

type Say = (line: string) => void;

/** Names below a host's: www.vps1.lab is vps1.lab. A host's own name too, for it has to resolve while the host is cut off. */
const hostAddresses = () =>
  ['backup.lab', ...Array.from({ length: 20 }, (_, i) => `vps${i + 1}.lab`)].map(
    (host) => `--address=/${host}/${addressOf(host)}`,
  );
const dnsmasq = ['dnsmasq', '--keep-in-foreground', '--user=root', '--conf-file=/etc/lab/dns.conf'];
const commands = (): Record<ServiceName, string[]> => ({
  'dns.lab': [...dnsmasq, ...hostAddresses()],
  'registry.lab': ['docker-registry', 'serve', '/etc/lab/registry.yml'],
  'mirror.lab': ['docker-registry', 'serve', '/etc/lab/mirror.yml'],
});

/** Starts what is not running; returns the services it started. */
export async function ensureServices(authority: Authority, say: Say): Promise<ServiceName[]> {
  const image = await buildImage('services', {}, say);
  const started: ServiceName[] = [];
  for (const name of Object.keys(services) as ServiceName[]) {
    const container = containerName(name);
    const state = await docker(['inspect', '--format', '{{.State.Status}}', container], {
      allowFailure: true,
    });
    if (state === 'running') continue;
    if (!state) await createService(name, image, authority);
    await docker(['start', container]);
    started.push(name);
  }
  return started;
}

async function createService(name: ServiceName, image: string, authority: Authority): Promise<void> {
  const container = containerName(name);
  const place = [
    '--network',
    network,
    '--ip',
    serviceAddress(name),
    '--network-alias',
    name,
    '--hostname',
    name,
  ];
  const extra: string[] = [];
  if (name === 'dns.lab') extra.push('--cap-add', 'NET_ADMIN');
  // Published on loopback for this machine's own Docker, which pushes without TLS only there; the disk is every lab's and outlives `down`.
  if (name === 'mirror.lab')
    extra.push('--publish', '127.0.0.1::80', '--volume', 'myc-wf-lab-mirror-cache:/var/lib/registry');
  if (name === 'registry.lab') {
    const volume = `${network}-registry`;
    await docker(['volume', 'create', '--label', label, volume]);
    extra.push('--volume', `${volume}:/var/lib/registry`);
  }
  await docker([
    'create',
    '--name',
    container,
    '--label',
    label,
    ...place,
    ...extra,
    image,
    ...commands()[name],
  ]);
  if (name === 'registry.lab') await giveSecrets(container, image, authority);
}

async function giveSecrets(container: string, image: string, authority: Authority): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'myc-wf-lab-'));
  try {
    await copyFile(authority.certificateFile, path.join(folder, 'server.crt'));
    await copyFile(authority.keyFile, path.join(folder, 'server.key'));
    const htpasswd = ['run', '--rm', '--interactive', '--network', 'none', image, 'htpasswd', '-niB', 'lab'];
    const line = await docker(htpasswd, { input: authority.registryPassword });
    await writeFile(path.join(folder, 'htpasswd'), `${line}\n`);
    await chmod(folder, 0o755);
    await docker(['cp', folder, `${container}:/etc/lab/secrets`]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
