import { copyFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import type { Config } from '../../client/config/schema.js';
import { ensureCodecKey } from './codec-key.js';
import { addressOf, cacheFolder, containerName, labFolder, subnet, temporalPorts, userOf } from './names.js';
import { run } from './run.js';

/** What test tools read; programs of the project read config.yml. */
export interface LabFile {
  subnet: string;
  identityFile: string;
  hosts: Record<string, { address: string; port: number; user: string; container: string; hostKey: string }>;
}

/** The operator's key, that of the backup server's administrator and the hosts' for git: one of each for every checkout, since they share labs. */
export async function ensureIdentity(): Promise<void> {
  await mkdir(cacheFolder, { recursive: true });
  await mkdir(labFolder, { recursive: true });
  for (const [name, comment] of [
    ['id_ed25519', 'lab'],
    ['myadmin_ed25519', 'myadmin@lab'],
    ['git_ed25519', 'git@lab'],
  ] as const) {
    const cached = path.join(cacheFolder, name);
    if (!(await stat(cached).catch(() => null))) await makeKey(cached, comment);
    for (const file of [name, `${name}.pub`])
      await copyFile(path.join(cacheFolder, file), path.join(labFolder, file));
  }
  await ensureCodecKey();
}

/** The private key comes last, and stands for both: a key that was made half-way is made again. */
export async function makeKey(file: string, comment: string): Promise<void> {
  const making = `${file}.making`;
  for (const old of [making, `${making}.pub`]) await rm(old, { force: true });
  await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', making]);
  await rename(`${making}.pub`, `${file}.pub`);
  await rename(making, file);
}

export function labConfig(hostKeys: Record<string, string>, publicKey: string): Config {
  const hosts = Object.entries(hostKeys).map(([host, key]) => [
    host,
    {
      address: addressOf(host),
      port: 22,
      user: userOf(host),
      'identity-file': 'id_ed25519',
      'host-keys': [key],
    },
  ]);
  return {
    'ssh-access': { 'public-keys': [publicKey] },
    registries: { 'registry.lab': { username: 'lab', 'password-file': 'registry-password' } },
    'registry-mirrors': ['http://mirror.lab'],
    'apt-repositories': {
      house: {
        uris: ['http://apt.lab/debian'],
        suites: ['trixie'],
        components: ['main'],
        'signed-by-file': 'apt.asc',
        packages: ['house-tools'],
      },
    },
    'git-key-file': 'git_ed25519',
    'data-directory': 'data',
    temporal: { ...temporalPorts(), 'codec-key-file': 'codec.key' },
    // Its host keys are pinned once the target is up: the lab cannot know them before.
    'backup-targets': {
      'backup.lab:10023': {
        address: addressOf('backup.lab'),
        admin: 'myadmin',
        'identity-file': 'myadmin_ed25519',
      },
    },
    hosts: Object.fromEntries(hosts) as Config['hosts'],
  };
}

/** Whether this checkout ever brought the lab up. Of one that did not there are no files to keep right. */
export function hasLabFiles(): Promise<boolean> {
  return stat(path.join(labFolder, 'config.yml')).then(
    () => true,
    () => false,
  );
}

/** Returns true when a file changed. */
export async function writeLabFiles(hostKeys: Record<string, string>): Promise<boolean> {
  const publicKey = (await readFile(path.join(labFolder, 'id_ed25519.pub'), 'utf8')).trim();
  const lab: LabFile = { subnet: subnet(), identityFile: 'id_ed25519', hosts: {} };
  for (const [host, hostKey] of Object.entries(hostKeys))
    lab.hosts[host] = {
      address: addressOf(host),
      port: 22,
      user: userOf(host),
      container: containerName(host),
      hostKey,
    };
  const config = `# Written by the lab; do not edit.\n${stringify(labConfig(hostKeys, publicKey), { lineWidth: 0 })}`;
  const changed = [
    await writeIfDifferent(path.join(labFolder, 'config.yml'), config),
    await writeIfDifferent(path.join(labFolder, 'lab.json'), `${JSON.stringify(lab, null, 2)}\n`),
  ];
  return changed.includes(true);
}

async function writeIfDifferent(file: string, text: string): Promise<boolean> {
  if ((await readFile(file, 'utf8').catch(() => null)) === text) return false;
  await writeFile(file, text, { mode: 0o600 });
  return true;
}
