import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Login } from '../../activities/adapters/remote/connect.js';

export interface SystemdHost {
  login: Login;
  /** A shell command on the host, not over SSH. */
  run(command: string): string;
  reboot(): Promise<void>;
  destroy(): Promise<void>;
}

const docker = (...args: string[]) =>
  execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();

const capabilities =
  'SYS_ADMIN NET_ADMIN NET_RAW MKNOD SYS_PTRACE SYS_CHROOT SETFCAP DAC_READ_SEARCH IPC_LOCK SYS_NICE SYSLOG ' +
  'AUDIT_WRITE AUDIT_CONTROL LINUX_IMMUTABLE LEASE SYS_BOOT';
const confinement = ['seccomp=unconfined', 'apparmor=unconfined', 'systempaths=unconfined'];
/** Debian 13's systemd refuses cgroup v1 without being told. */
const commandLine = 'systemd.unified_cgroup_hierarchy=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1';

/** A bare host of the lab's newest image, of its own: a test may reboot it. `lab.sh` builds the image. */
export async function startSystemdHost(): Promise<SystemdHost> {
  const [image] = docker('images', '--format', '{{.Repository}}:{{.Tag}}', 'myc-wf-lab/host').split('\n');
  if (!image) throw new Error('no lab image myc-wf-lab/host is built; run `npm run lab up` first');
  const directory = await mkdtemp(join(tmpdir(), 'myc-host-'));
  const identityFile = join(directory, 'key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', identityFile]);
  const id = docker(
    ...['run', '-d', '-p', '127.0.0.1::22', '--tmpfs', '/run', '--tmpfs', '/run/lock'],
    ...capabilities.split(' ').flatMap((name) => ['--cap-add', name]),
    ...confinement.flatMap((option) => ['--security-opt', option]),
    ...['-v', '/sys/fs/cgroup:/sys/fs/cgroup:rw', '-e', 'container=docker'],
    ...['-e', `SYSTEMD_PROC_CMDLINE=${commandLine}`, '--stop-signal', 'SIGRTMIN+3', image, '/sbin/init'],
  );
  const run = (command: string) => docker('exec', id, 'bash', '-c', command);
  const login: Login = {
    name: 'vps1',
    address: '127.0.0.1',
    port: 0,
    user: 'root',
    identityFile,
    hostKeys: [],
  };
  const booted = async () => {
    // A restart may publish another port.
    login.port = Number(docker('port', id, '22').split('\n')[0]?.split(':').pop());
    for (let tries = 60; tries > 0; tries -= 1) {
      const state = docker(
        'exec',
        id,
        'sh',
        '-c',
        'systemctl is-system-running; systemctl is-active ssh; true',
      );
      if (/^(running|degraded)\nactive/.test(state)) return;
      await sleep(500);
    }
    throw new Error(`${id} did not boot; docker logs tells why`);
  };
  await booted();
  docker('cp', `${identityFile}.pub`, `${id}:/root/.ssh/authorized_keys`);
  run('chown -R root: /root/.ssh && chmod 700 /root/.ssh && chmod 600 /root/.ssh/authorized_keys');
  login.hostKeys = [run('cat /etc/ssh/ssh_host_ed25519_key.pub')];
  return {
    login,
    run,
    reboot: async () => {
      docker('restart', id);
      await booted();
    },
    destroy: async () => {
      docker('rm', '-f', '-v', id);
      await rm(directory, { recursive: true });
    },
  };
}
