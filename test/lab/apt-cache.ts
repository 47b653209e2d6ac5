import { type AptSettings, cachedArchive } from './apt-settings.js';
import { ensureContainer } from './container.js';
import { lockMachine } from './lock.js';
import { cacheAddress, cacheContainer, cacheVolume, hasOwnImages, network } from './names.js';
import { docker } from './run.js';

/**
 * A cache of Debian's archive, one for all labs of the machine: it stands in each lab's network under the archive's own name,
 * so that hosts, and builds in their Docker, fetch a package from outside once. Its disk outlives every lab.
 */
export async function ensureAptCache(image: string, apt: AptSettings): Promise<void> {
  const archive = cachedArchive(apt);
  if (archive) await lockMachine(() => joinAptCache(image, archive, apt));
}

async function joinAptCache(image: string, archive: string, apt: AptSettings): Promise<void> {
  const before = await networksOf(cacheContainer);
  // Who has images of its own leaves the others' cache as it is.
  const made =
    !(hasOwnImages && (await isRunning(cacheContainer))) && (await makeAptCache(image, archive, apt));
  const wanted = { ...(made ? before : {}), [network]: cacheAddress() };
  const there = await networksOf(cacheContainer);
  for (const [name, address] of Object.entries(wanted))
    if (!(name in there)) await docker(['network', 'connect', '--ip', address, name, cacheContainer]);
}

/** Returns true when it was made. */
function makeAptCache(image: string, archive: string, apt: AptSettings): Promise<boolean> {
  return ensureContainer({
    name: cacheContainer,
    image,
    options: [
      ...['--label', 'myc-wf.lab.shared=1', '--restart', 'unless-stopped', '--hostname', 'cache'],
      ...['--volume', `${cacheVolume}:/var/spool/squid`],
    ],
    command: ['serve-cache'],
    secrets: { 'squid.conf': squidConf(archive, apt.conf) },
  });
}

async function isRunning(container: string): Promise<boolean> {
  const state = await docker(['inspect', '--format', '{{.State.Status}}', container], { allowFailure: true });
  return state === 'running';
}

/** Before the lab's network goes; with the last lab the cache itself goes, its disk stays. */
export function leaveAptCache(): Promise<void> {
  return lockMachine(leave);
}

async function leave(): Promise<void> {
  const there = await networksOf(cacheContainer);
  if (network in there) await docker(['network', 'disconnect', '--force', network, cacheContainer]);
  const others = Object.keys(there).filter((name) => name !== network);
  if (others.length === 0) await docker(['rm', '--force', cacheContainer], { allowFailure: true });
}

/** Of the labs' networks, with the address in each. */
async function networksOf(container: string): Promise<Record<string, string>> {
  const format =
    '{{range $name, $at := .NetworkSettings.Networks}}{{$name}} {{if $at.IPAMConfig}}{{$at.IPAMConfig.IPv4Address}}{{end}}\n{{end}}';
  const lines = await docker(['inspect', '--format', format, container], { allowFailure: true });
  const found: Record<string, string> = {};
  for (const line of lines.split('\n')) {
    const [, name, address] = /^(myc-wf-lab\S*) (\S+)$/.exec(line) ?? [];
    if (name !== undefined && address !== undefined) found[name] = address;
  }
  return found;
}

/** `conf` is an apt.conf: a proxy in it is the cache's way to the archive. */
export function squidConf(archive: string, conf: string): string {
  const proxy = /^Acquire::http::Proxy "(.+)";$/im.exec(conf)?.[1];
  const up = proxy === undefined || proxy === 'DIRECT' ? undefined : new URL(proxy);
  const login = up?.username ? [`login=${up.username}:${up.password}`] : [];
  const way = up
    ? [
        ['cache_peer', up.hostname, 'parent', up.port || '80', '0', 'no-query', 'default', ...login].join(
          ' ',
        ),
        'never_direct allow all',
      ]
    : ['always_direct allow all'];
  return `${[
    'http_port 80 accel vhost',
    `acl archive dstdomain ${archive}`,
    'http_access allow archive',
    'http_access deny all',
    ...way,
    'cache_dir ufs /var/spool/squid 6000 16 64',
    'cache_mem 32 MB',
    'maximum_object_size 1 GB',
    'collapsed_forwarding on',
    'connect_timeout 5 seconds',
    // What has a version in its name never changes; of the rest the archive is asked whether it is the newest, while in reach.
    'refresh_pattern -i \\.deb$ 525600 100% 525600',
    'refresh_pattern /by-hash/ 525600 100% 525600',
    'refresh_pattern . 0 0% 0',
    'max_stale 1 year',
    ...['max_filedescriptors 4096', 'shutdown_lifetime 1 seconds', 'pid_filename none', 'logfile_rotate 0'],
    ...['cache_log /dev/null', 'access_log none', 'visible_hostname cache.lab', 'via off'],
    'forwarded_for delete',
  ].join('\n')}\n`;
}
