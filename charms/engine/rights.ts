import { type Mapping, isMapping } from './merge.js';
import { type Owner, mountRights } from './mounts.js';

/**
 * Says what a value lets the container do to its host, as the end of a sentence; nothing for a
 * harmless one.
 */
type Judge = (value: unknown, owner: Owner) => string[];

export const isUnset = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  (isMapping(value) && Object.keys(value).length === 0);

const listOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.map((item) => String(item)) : isUnset(value) ? [] : [text(value)];

/** A sentence goes through Temporal and onto a line: a longer value is cut. */
export const text = (value: unknown): string =>
  (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 100);

const harmless: Judge = () => [];

/** Harmless are these values alone, and none. */
const only =
  (what: string, ...values: readonly unknown[]): Judge =>
  (value) =>
    isUnset(value) || values.includes(value) ? [] : [`${what} (${text(value)})`];

/** A namespace of its own, or that of another service of the project. */
const namespace =
  (name: string, ...values: readonly string[]): Judge =>
  (value) => {
    if (isUnset(value) || values.includes(text(value)) || /^service:[\w.-]+$/.test(text(value))) return [];
    return [
      value === 'host' ? `uses the host's ${name}` : `uses another ${name} than its own (${text(value)})`,
    ];
  };

/**
 * What Docker gives every container (Docker's documentation, "Runtime privilege and Linux
 * capabilities").
 */
const ordinaryCapabilities = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE NET_RAW SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  ),
);

const capabilities: Judge = (value) => {
  const more = listOf(value).filter(
    (name) => !ordinaryCapabilities.has(name.toUpperCase().replace(/^CAP_/, '')),
  );
  return more.length === 0 ? [] : [`gets the capabilities ${more.join(', ')}`];
};

const securityOptions: Judge = (value) => {
  const weaker = listOf(value).filter((option) => !/^no-new-privileges(?:[:=]true)?$/.test(option));
  return weaker.length === 0 ? [] : [`has other security options than Docker's (${weaker.join(', ')})`];
};

/** Those that the kernel keeps apart for each network namespace. */
const kernelSettings: Judge = (value) => {
  const names = isMapping(value) ? Object.keys(value) : listOf(value).map((item) => item.split('=')[0] ?? '');
  const others = names.filter((name) => !/^net\.[\w.]+$/.test(name));
  return others.length === 0 ? [] : [`changes settings of the kernel (${others.join(', ')})`];
};

const logging: Judge = (value) => {
  const driver = isMapping(value) ? (value.driver ?? 'json-file') : value;
  return isUnset(value) || ['json-file', 'local', 'journald', 'none'].includes(text(driver))
    ? []
    : [`sends its log elsewhere (${text(driver)})`];
};

/** Programs that are run in the container beside its own. */
const lifecycle: Judge = (value) =>
  (Array.isArray(value) ? value : isUnset(value) ? [] : [value]).flatMap((hook: unknown) => {
    const privileged = isMapping(hook) ? hook.privileged : 'unknown';
    return isUnset(privileged) || privileged === false
      ? []
      : ['runs a program in it with all rights on the host'];
  });

const deploy: Judge = (value) => {
  if (isUnset(value)) return [];
  if (!isMapping(value)) return ['has a part deploy that cannot be judged'];
  const resources = isMapping(value.resources) ? value.resources : {};
  const asked = [resources.limits, resources.reservations]
    .filter(isMapping)
    .flatMap((part) => Object.entries(part));
  const more = asked.filter(
    ([name, amount]) => !['cpus', 'memory', 'pids'].includes(name) && !isUnset(amount),
  );
  return more.length === 0 ? [] : [`gets ${more.map(([name]) => name).join(', ')} of the host`];
};

const readsFile =
  (key: string): Judge =>
  (value) => {
    const items = Array.isArray(value) ? (value as unknown[]) : isUnset(value) ? [] : [value];
    return items.map((item) => {
      const named = isMapping(item) ? (item.path ?? item.file ?? item.context ?? item.service) : item;
      return `has compose read ${named === undefined ? 'files' : text(named)} of the host as root (${key})`;
    });
  };

const privileged: Judge = (value) =>
  isUnset(value) || value === false || value === 'false'
    ? []
    : [`is privileged${value === true ? '' : ` (${text(value)})`}: it can do anything on the host`];

const harmlessKeys = [
  ...['attach', 'cap_drop', 'command', 'configs', 'container_name', 'cpu_count', 'cpu_percent', 'cpu_period'],
  ...['cpu_quota', 'cpu_shares', 'cpus', 'cpuset', 'depends_on', 'develop', 'dns', 'dns_opt', 'dns_search'],
  ...[
    'domainname',
    'entrypoint',
    'environment',
    'expose',
    'extra_hosts',
    'group_add',
    'healthcheck',
    'hostname',
  ],
  ...['image', 'init', 'labels', 'links', 'mac_address', 'mem_limit', 'mem_reservation', 'mem_swappiness'],
  ...['memswap_limit', 'networks', 'pids_limit', 'platform', 'ports', 'profiles', 'pull_policy', 'read_only'],
  ...[
    'restart',
    'scale',
    'secrets',
    'shm_size',
    'stdin_open',
    'stop_grace_period',
    'stop_signal',
    'storage_opt',
  ],
  ...['tmpfs', 'tty', 'ulimits', 'user', 'working_dir'],
];

/**
 * Compose reads files of the host for them, as root; what it answers does not name the files any
 * more.
 */
export const fileKeys: readonly string[] = ['env_file', 'label_file', 'extends', 'build'];

const judges = new Map<string, Judge>([
  ...fileKeys.map((key) => [key, readsFile(key)] as const),
  ...harmlessKeys.map((key) => [key, harmless] as const),
  ['privileged', privileged],
  ['network_mode', namespace('network', 'bridge', 'none')],
  ['pid', namespace('processes (pid)')],
  ['ipc', namespace('shared memory (ipc)', 'private', 'shareable', 'none')],
  ['uts', namespace('name (uts)')],
  ['userns_mode', namespace('users (userns_mode)')],
  ['cgroup', namespace('control groups (cgroup)', 'private')],
  ['cgroup_parent', only('is put under a control group of the host')],
  ['cap_add', capabilities],
  ['security_opt', securityOptions],
  ['sysctls', kernelSettings],
  ['runtime', only("is run by another runtime than Docker's", 'runc', 'io.containerd.runc.v2')],
  ['oom_kill_disable', only('is never ended when memory runs out', false)],
  ['logging', logging],
  ['log_driver', logging],
  ['deploy', deploy],
  ['post_start', lifecycle],
  ['pre_stop', lifecycle],
  ['volumes', (value, owner) => mountRights(value, owner)],
  ['volumes_from', (value) => listOf(value).map((name) => `takes over the volumes of ${name}`)],
  ['devices', (value) => (isUnset(value) ? [] : ['gets devices of the host'])],
  [
    'oom_score_adj',
    (value) => (isUnset(value) || Number(value) >= 0 ? [] : ['is ended after all others of the host']),
  ],
]);

/**
 * Keys that cannot be judged here are named with their value: an ordinary container needs none of
 * them.
 */
const unknownKey = (key: string, value: unknown): string[] =>
  isUnset(value) || value === false || key.startsWith('x-')
    ? []
    : [`asks for ${key}, which is not known to be harmless`];

/**
 * What a service of docker-compose.yml may do to its host beyond what every container may; one
 * sentence each, empty for an ordinary one. The body is judged as a charm and compose.yml write it,
 * or as docker compose renders it.
 */
export const serviceRights = (name: string, body: Mapping, owner: Owner): string[] =>
  Object.entries(body).flatMap(([key, value]) => {
    const judge = judges.get(key);
    const rights = judge === undefined ? unknownKey(key, value) : judge(value, owner);
    return rights.map((right) => `service ${name} ${right}`);
  });
