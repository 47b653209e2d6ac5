import { readFile, stat } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { ensureMounted, makeDisk, removeDisk } from './disk.js';
import { addressOf, containerName, label, labFolder, network, userOf } from './names.js';
import { asRoot, docker, run } from './run.js';

/** What systemd and a Docker of its own need inside a container; `--privileged` asks for more than some machines give. */
const capabilities =
  'SYS_ADMIN NET_ADMIN NET_RAW MKNOD SYS_PTRACE SYS_CHROOT SETFCAP DAC_READ_SEARCH IPC_LOCK SYS_NICE SYSLOG AUDIT_WRITE AUDIT_CONTROL LINUX_IMMUTABLE LEASE SYS_BOOT';
const unconfined = ['seccomp=unconfined', 'apparmor=unconfined', 'systempaths=unconfined'];
/** Debian 13's systemd refuses cgroup v1 unless told. */
const legacyCgroups =
  'SYSTEMD_PROC_CMDLINE=systemd.unified_cgroup_hierarchy=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1';

/** `disk`: mounted on this machine; a volume of Docker's without one. */
export function runArguments(
  container: string,
  host: string,
  image: string,
  cgroupVersion: 1 | 2,
  disk?: string,
): string[] {
  return [
    ...['run', '--detach', '--name', container, '--hostname', host, '--label', label],
    ...['--network', network, '--ip', addressOf(host), '--network-alias', host],
    ...capabilities.split(' ').flatMap((name) => ['--cap-add', name]),
    ...unconfined.flatMap((option) => ['--security-opt', option]),
    ...['--tmpfs', '/run', '--tmpfs', '/run/lock', '--env', 'container=docker'],
    // The host's own Docker keeps its images there. A volume goes with the container; nameless, so that a host put aside keeps its own.
    ...['--volume', disk === undefined ? '/var/lib/docker' : `${disk}:/var/lib/docker`],
    ...['--volume', '/sys/fs/cgroup:/sys/fs/cgroup:rw'],
    ...(cgroupVersion === 1 ? ['--env', legacyCgroups] : ['--cgroupns', 'host']),
    ...['--stop-signal', 'SIGRTMIN+3', image],
  ];
}

export async function isRunning(host: string): Promise<boolean> {
  return (await stateOf(host)) === 'running';
}

export function stateOf(host: string): Promise<string> {
  return stateOfContainer(containerName(host));
}

/** Docker's word (running, exited …), or `absent`. */
async function stateOfContainer(container: string): Promise<string> {
  const state = await docker(['inspect', '--format', '{{.State.Status}}', container], { allowFailure: true });
  return state || 'absent';
}

/** A bare host that boots; true when it was not there before. */
export async function createMachine(host: string, image: string): Promise<boolean> {
  const state = await stateOf(host);
  if (state === 'running') return false;
  if (state === 'absent') {
    await makeMachine(host, image);
  } else {
    const disk = await diskOf(containerName(host));
    if (disk !== undefined) await ensureMounted(disk);
    await docker(['start', containerName(host)]);
  }
  await waitForSshd(host);
  return true;
}

/** It gets its name when it lets its user in: one that was made half-way is made anew. */
async function makeMachine(host: string, image: string): Promise<void> {
  const making = `making-${containerName(host)}`;
  if ((await stateOfContainer(making)) !== 'absent') await removeWithDisk(making);
  const cgroups = await stat('/sys/fs/cgroup/cgroup.controllers').then(
    () => 2 as const,
    () => 1 as const,
  );
  await docker(runArguments(making, host, image, cgroups, await makeDisk(host)));
  const key = await readFile(path.join(labFolder, 'id_ed25519.pub'), 'utf8');
  await docker(['exec', '-i', making, 'lab-authorize', userOf(host)], { input: key });
  await docker(['rename', making, containerName(host)]);
}

/** The host, its disk and its Docker's images are gone. Returns false when there was no such host. */
export async function destroyMachine(host: string): Promise<boolean> {
  if ((await stateOf(host)) === 'absent') return false;
  await removeWithDisk(containerName(host));
  return true;
}

async function failUnlessRunning(host: string): Promise<void> {
  if (!(await isRunning(host))) throw new Error(`${host} is not up: npm run lab -- create ${host}`);
}

/** A container of a host, by its name or id. */
async function removeWithDisk(container: string): Promise<void> {
  const disk = await diskOf(container);
  await docker(['rm', '--force', '--volumes', container]);
  if (disk !== undefined) await removeDisk(disk);
}

const ofDocker =
  '{{range .Mounts}}{{if eq .Destination "/var/lib/docker"}}{{.Type}} {{.Source}}{{end}}{{end}}';

/** Undefined when it is a volume of Docker's. */
async function diskOf(container: string): Promise<string | undefined> {
  const [type, source] = (await docker(['inspect', '--format', ofDocker, container])).split(' ');
  return type === 'bind' ? source : undefined;
}

/** As when somebody pulls the plug: what is on its disk stays, and it takes no time of the others. */
export async function powerOffMachine(host: string): Promise<void> {
  await docker(['kill', '--signal', 'KILL', containerName(host)]);
}

/** Out of the way of a new host of its name, in a moment; `removeAside` takes it away later. */
export async function setAsideMachine(host: string): Promise<void> {
  const state = await stateOf(host);
  if (state === 'absent') return;
  if (state !== 'exited') await powerOffMachine(host);
  await docker(['rename', containerName(host), `${aside}${containerName(host)}-${Date.now()}`]);
}

const aside = 'aside-';

export async function removeAside(): Promise<void> {
  const ids = await docker([
    'ps',
    '--all',
    '--quiet',
    '--filter',
    `label=${label}`,
    '--filter',
    `name=^${aside}`,
  ]);
  for (const id of ids.split('\n').filter(Boolean)) await removeWithDisk(id);
}

/** Orderly (systemd stops its units), or as when the power goes. */
export async function rebootMachine(host: string, how: 'orderly' | 'power-cut' = 'orderly'): Promise<void> {
  await failUnlessRunning(host);
  const container = containerName(host);
  if (how === 'orderly') {
    await docker(['restart', '--time', '60', container]);
  } else {
    // Not `restart --time 0`, which asks systemd to stop first, and what it gets to stop in that moment writes its end down.
    await docker(['kill', '--signal', 'KILL', container]);
    await docker(['wait', container]);
    await docker(['start', container]);
  }
  await waitForSshd(host);
}

/** The link is dead and nobody is told: packets vanish, open connections hang. A reboot ends it. */
export async function cutMachine(host: string): Promise<void> {
  await failUnlessRunning(host);
  for (const way of ways)
    if (!(await filter(host, '--check', way))) await filter(host, '--append', way, { must: true });
}

export async function healMachine(host: string): Promise<void> {
  await failUnlessRunning(host);
  for (const way of ways)
    if (await filter(host, '--check', way)) await filter(host, '--delete', way, { must: true });
  await waitForSshd(host);
}

const ways = ['PREROUTING --in-interface eth0', 'OUTPUT --out-interface eth0'];

/** This machine's iptables, in the host's network namespace: a bare host has none. True when it exits with 0. */
async function filter(host: string, verb: string, way: string, { must = false } = {}): Promise<boolean> {
  const pid = await docker(['inspect', '--format', '{{.State.Pid}}', containerName(host)]);
  const rule = ['iptables', '--wait', '--table', 'raw', verb, ...way.split(' '), '--jump', 'DROP'];
  const ran = await run(asRoot('nsenter', '--target', pid, '--net', ...rule), { allowFailure: !must });
  return ran.code === 0;
}

/** Read through Docker, not through the network that they have to vouch for. */
export async function readHostKey(host: string): Promise<string> {
  const line = await docker(['exec', containerName(host), 'cat', '/etc/ssh/ssh_host_ed25519_key.pub']);
  return line.split(' ').slice(0, 2).join(' ');
}

async function waitForSshd(host: string, timeoutSeconds = 60): Promise<void> {
  const deadline = Date.now() + timeoutSeconds * 1000;
  while (!(await answersSsh(addressOf(host)))) {
    if (Date.now() > deadline)
      throw new Error(
        `${host}: no sshd after ${timeoutSeconds} s; see: docker exec ${containerName(host)} journalctl -b`,
      );
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

export function answersSsh(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: address, port: 22, timeout: 1000 });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', (data) => end(data.toString('latin1').startsWith('SSH-')));
    socket
      .once('error', () => end(false))
      .once('timeout', () => end(false))
      .once('end', () => end(false));
  });
}
