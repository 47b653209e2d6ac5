import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BackupTargetConfig } from '../../client/config/schema.js';
import { readAptSettings } from './apt-settings.js';
import { ensureBaseImage } from './base-image.js';
import { imageName, label, labFolder, network, subnet } from './names.js';
import { type Ran, docker, run } from './run.js';

/** The charm's own server in a container beside the hosts, without a host and a deploy under it. */
export interface LabTarget {
  /** As operators write it, without the admin. */
  name: string;
  /** Its entry under `backup-targets:`, the host key pinned. */
  config: BackupTargetConfig;
  container: string;
  exec(command: string): Promise<Ran>;
  /** The container ends and starts again: it keeps its accounts. */
  stop(): Promise<void>;
  start(): Promise<void>;
  destroy(): Promise<void>;
}

const build = fileURLToPath(new URL('../../charms/rsync-backup-target/build', import.meta.url));
const image = imageName('rsync-backup-target:test');
/** Not named as a host: the lab lists those by their prefix. */
const container = `${network}_store`;

/** A new, empty one each time. */
export async function freshTarget(): Promise<LabTarget> {
  await buildTarget();
  await docker(['rm', '--force', '--volumes', container], { allowFailure: true });
  const address = subnet().replace(/0\/24$/, '250');
  await docker([
    ...['run', '--detach', '--init', '--name', container, '--label', label, '--hostname', 'store.lab'],
    ...['--network', network, '--ip', address, '--entrypoint', 'bash', image],
    ...['-c', 'until [ -f /go ]; do sleep 0.1; done; exec /usr/local/sbin/entrypoint'],
  ]);
  const exec = (command: string) =>
    run(['docker', 'exec', container, 'bash', '-c', command], { allowFailure: true });
  const key = (await readFile(path.join(labFolder, 'myadmin_ed25519.pub'), 'utf8')).trim();
  const admins = JSON.stringify({ myadmin: [key] });
  await exec(
    `mkdir -p /etc/rsync-backup-target; echo '${admins}' >/etc/rsync-backup-target/admins.json; touch /go`,
  );
  const ready = () => exec('until (exec 3<>/dev/tcp/127.0.0.1/22) 2>/dev/null; do sleep 0.1; done');
  await ready();
  const { stdout } = await exec(
    "cut -d' ' -f1,2 /var/lib/rsync-backup-target/host-keys/ssh_host_ed25519_key.pub",
  );
  const identityFile = path.join(labFolder, 'myadmin_ed25519');
  return {
    name: 'store.lab:22',
    config: { address, admin: 'myadmin', 'identity-file': identityFile, 'host-keys': [stdout.trim()] },
    container,
    exec,
    stop: async () => void (await docker(['stop', '--time', '0', container])),
    start: async () => {
      await docker(['start', container]);
      await ready();
    },
    destroy: async () => void (await docker(['rm', '--force', '--volumes', container])),
  };
}

/** From the charm's own Dockerfile; the lab's bare Debian stands in where debian:trixie-slim cannot be pulled. */
async function buildTarget(): Promise<void> {
  const base = await ensureBaseImage(await readAptSettings(), () => undefined);
  const context = await mkdtemp(path.join(tmpdir(), 'target-'));
  try {
    await cp(build, context, { recursive: true });
    const dockerfile = await readFile(path.join(build, 'Dockerfile'), 'utf8');
    const ours = dockerfile.replace('debian:trixie-slim', base);
    await writeFile(path.join(context, 'Dockerfile'), ours);
    await docker(['build', '--network', 'host', '--tag', image, context]);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}
