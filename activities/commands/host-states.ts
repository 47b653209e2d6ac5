import { readFileSync } from 'node:fs';
import type { Config } from '../../client/config/schema.js';
import type { ComposeReadyPart } from '../activities.js';
import type { DesiredFile, DesiredSettings, DesiredState } from './desired-state.js';

/** `compose ACTION SERVICE` on the host itself, for its cron. */
const composeShim = new URL('../../charms/lib/compose.sh', import.meta.url);

const cleanScript = new URL('../scripts/host/docker-clean.sh', import.meta.url);

/** What `vps-setup` wants of a host: the operators' keys for root, and its name when a domain is given. */
export function setUpState(config: Config, domain?: string): DesiredState {
  const keys = config['ssh-access']?.['public-keys'] ?? [];
  return {
    files: [],
    lines: keys.map((line) => ({ path: '/root/.ssh/authorized_keys', mode: '0600', line: line.trim() })),
    packages: [],
    ...(domain === undefined ? {} : { hostname: domain }),
  };
}

/** What bytes between hosts need; jq also reads the charms' options. */
export const transferPackages = ['rsync', 'jq', 'openssh-client'];

export interface ComposeReadyOptions {
  part?: ComposeReadyPart;
  withoutDockerClean: boolean;
  noDockerRestart: boolean;
}

/** What `deploy` wants of a host: Docker and compose from packages, house repositories, logins, the base compose.yml. */
export function composeReadyState(config: Config, options: ComposeReadyOptions): DesiredState {
  const repositories = Object.entries(config['apt-repositories'] ?? {});
  const daemon = daemonSettings(config);
  const first = {
    // Docker itself may come from a repository of the house.
    files: repositories.flatMap(([name, repository]) => [
      {
        path: `/etc/apt/keyrings/${name}.asc`,
        mode: '0644',
        content: readFileSync(repository['signed-by-file'], 'utf8'),
      },
      { path: `/etc/apt/sources.list.d/${name}.sources`, mode: '0644', content: aptSource(name, repository) },
    ]),
    lines: [],
    settings: [daemon, ...registryLogins(config)],
    // Docker's log settings hold for new containers only after a restart; a reload lets the running ones alone.
    restarts: [{ unit: 'docker', settings: daemon.values, reloadOnly: options.noDockerRestart }],
    // docker-cli and docker-compose are packages of their own from Debian 13 on; Docker unpacks images with pigz where it is there.
    packages: ['docker.io', 'docker-cli', 'pigz', ...transferPackages],
  };
  // Images come meanwhile, and need no compose.
  if (options.part === 'docker') return first;
  return {
    ...first,
    files: [
      ...first.files,
      ...gitKey(config),
      { path: '/usr/local/bin/compose', mode: '0755', content: readFileSync(composeShim, 'utf8') },
      { path: '/opt/apps/myc-deploy/compose.yml', mode: '0600', content: baseCompose(config), initial: true },
      ...(options.withoutDockerClean ? [] : dockerClean()),
    ],
    packages: [
      ...first.packages,
      'docker-compose',
      // Makes the charms' passwords and certificates.
      'openssl',
      ...(options.part === 'serving' ? [] : ['git', 'cron']),
      ...repositories.flatMap(([, repository]) => repository.packages ?? []),
    ],
  };
}

/** What else stands in daemon.json, on a host that had Docker before, is kept. */
function daemonSettings(config: Config): DesiredSettings {
  const mirrors = config['registry-mirrors'] ?? [];
  const values = {
    'live-restore': true,
    'log-driver': 'json-file',
    'log-opts': { 'max-size': '50m', 'max-file': '3' },
    ...(mirrors.length === 0
      ? {}
      : { 'registry-mirrors': mirrors, 'insecure-registries': insecure(mirrors) }),
  };
  return { path: '/etc/docker/daemon.json', mode: '0644', values };
}

/** A mirror that is configured as http:// is reached without TLS; no other registry is. */
function insecure(mirrors: readonly string[]): string[] {
  return mirrors.filter((mirror) => mirror.startsWith('http://')).map((mirror) => new URL(mirror).host);
}

/** deb822 (sources.list(5)). */
function aptSource(
  name: string,
  repository: { uris: string[]; suites: string[]; components?: string[] | undefined },
): string {
  return [
    'Types: deb',
    `URIs: ${repository.uris.join(' ')}`,
    `Suites: ${repository.suites.join(' ')}`,
    `Components: ${(repository.components ?? ['main']).join(' ')}`,
    `Signed-By: /etc/apt/keyrings/${name}.asc`,
    '',
  ].join('\n');
}

/** `docker login` writes the same file; the password never stands in an argv. */
function registryLogins(config: Config): DesiredSettings[] {
  const logins = Object.entries(config.registries ?? {});
  if (logins.length === 0) return [];
  const auths = Object.fromEntries(
    logins.map(([registry, { username, 'password-file': file }]) => {
      const password = readFileSync(file, 'utf8').replace(/\n$/, '');
      return [registry, { auth: Buffer.from(`${username}:${password}`).toString('base64') }];
    }),
  );
  return [{ path: '/root/.docker/config.json', mode: '0600', values: { auths } }];
}

function gitKey(config: Config): DesiredFile[] {
  const file = config['git-key-file'];
  return file === undefined
    ? []
    : [{ path: '/root/.ssh/myc-wf-git', mode: '0600', content: readFileSync(file, 'utf8') }];
}

function baseCompose(config: Config): string {
  const file = config['base-compose-file'];
  if (file !== undefined) return readFileSync(file, 'utf8');
  return '# The services of this host: NAME: {charm: CHARM, options: …}. `myc-wf start up HOST` makes it so.\n';
}

/** What no container has used for a week goes each night; left out by --without-docker-clean. */
function dockerClean(): DesiredFile[] {
  const program = '/usr/local/lib/myc-wf/docker-clean';
  return [
    { path: program, mode: '0755', content: readFileSync(cleanScript, 'utf8') },
    {
      path: '/etc/cron.d/myc-wf-docker-clean',
      mode: '0644',
      content: `PATH=/usr/sbin:/usr/bin:/sbin:/bin\n17 4 * * * root ${program}\n`,
    },
  ];
}
