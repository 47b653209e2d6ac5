import { expect, test } from 'vitest';
import { BadInput } from '../../../workflows/contract/bad-input.js';
import { parseDestination, parseListedDestination } from '../../../workflows/contract/destinations.js';

const allowed = [
  '/srv/x',
  '/srv/x/y/z',
  '/srv/x/.git',
  '/srv/datastore',
  '/srv/datastore/data',
  '/srv/datastore/data/odoo',
  '/srv/datastore/data/odoo/var/lib/odoo/filestore/db',
  '/srv/datastore/config/cron',
  '/srv/charm-store-of-others',
  '/srv/with space',
  '/srv/ä',
  '/opt/x',
  '/opt/app',
  '/opt/apps/other',
  '/opt/apps/myc-deploy-old',
  '/home/jo/x',
  '/home/jo/www/.well-known',
  '/home/jo/x/.ssh',
  '/root/x',
  '/root/back/.hidden',
  '/var/www/html',
  '/var/backups/x',
  '/mnt/disk/x',
];
test.each(allowed)('%s is a place of data', (path) => {
  expect(parseDestination(path)).toBe(path);
});

/** Each as it is, and with something below it. */
const ofTheSystem = [
  ...['bin', 'boot', 'boot/grub', 'dev', 'dev/shm', 'etc', 'etc/cron.d', 'etc/ssh', 'etc/systemd/system'],
  ...[
    'etc/sudoers.d',
    'etc/profile.d',
    'lib',
    'lib/modules',
    'lib32',
    'lib64',
    'lost+found',
    'media',
    'proc',
  ],
  ...[
    'proc/1/root',
    'proc/self/cwd',
    'run',
    'run/docker.sock',
    'sbin',
    'sys',
    'tmp',
    'usr',
    'usr/bin',
    'usr/lib',
  ],
  ...[
    'usr/lib/systemd',
    'usr/local',
    'usr/local/bin',
    'usr/local/sbin',
    'usr/sbin',
    'usr/share',
    'var/cache',
  ],
  ...[
    'var/lib',
    'var/lib/app',
    'var/lib/apt',
    'var/lib/containerd',
    'var/lib/docker',
    'var/lib/docker/volumes',
  ],
  ...[
    'var/lib/dpkg',
    'var/lib/myc-wf',
    'var/lib/myc-wf/backup/dumps',
    'var/lib/postgresql',
    'var/lib/systemd',
  ],
  ...[
    'var/local',
    'var/log',
    'var/mail',
    'var/run',
    'var/spool',
    'var/spool/cron',
    'var/spool/cron/crontabs',
  ],
  ...['var/tmp', 'data', 'srvx', 'optx', 'rootx', 'homes/jo', 'mntx/disk', 'var/wwwx', 'var/backup'],
  ...[
    'root/.ssh',
    'root/.config',
    'root/.bashrc',
    'root/.profile',
    'root/..x',
    'home/jo/.ssh',
    'home/jo/.config',
  ],
  ...['home/jo/.bashrc', 'home/jo/.profile', 'home/.jo/x', 'home/jo/.ssh/authorized_keys'],
  ...['srv/charm-store', 'srv/charm-store/myc', 'srv/charm-store/.versions', 'srv/.myc-wf-restore'],
  ...[
    'srv/.myc-wf-old-20261123T031500Z-k3x9qa',
    'srv/x/.myc-wf-new-x',
    'opt/apps/myc-deploy',
    'opt/containerd',
  ],
].map((path) => `/${path}`);
const refused = [
  ...ofTheSystem,
  ...ofTheSystem.map((path) => `${path}/x`).filter((path) => !allowed.includes(path)),
  // The folders themselves: what is hidden in a home would go with it.
  ...[
    '/',
    '/srv',
    '/opt',
    '/opt/apps',
    '/home',
    '/home/jo',
    '/root',
    '/var',
    '/var/www',
    '/var/backups',
    '/mnt',
    '/mnt/disk',
  ],
  // No way around: none of these is a path at all.
  ...[
    '/srv/../etc',
    '/srv/..',
    '/srv/x/../../etc',
    '/srv//x',
    '//srv',
    '//srv/x',
    '///',
    '/srv/./x',
    '/srv/x/.',
    '/./srv/x',
  ],
  ...[
    '',
    'srv/x',
    './srv/x',
    '~/x',
    '~root/x',
    '$HOME/x',
    ' /srv/x',
    '/srv/x\n',
    '/srv/\nx',
    '/srv/x\0',
    '/srv/\0',
    '/srv/\tx',
  ],
  ...[
    '/srv/\u001b[2J',
    '/srv/\u007f',
    '/SRV/x',
    '/srv\\x',
    '/srv/x\r',
    '-/srv/x',
    'file:///srv/x',
    `/srv/${'x'.repeat(300)}`,
  ],
  ...[
    `/srv/${'x/'.repeat(3000)}`,
    undefined,
    null,
    7,
    ['/srv/x'],
    { toString: () => '/srv/x' },
    '/srv/',
    '/opt/',
    '/root/',
  ],
];
test.each(refused.map((path) => [path]))('%j is refused, also where it looks like one', (path) => {
  expect(() => parseDestination(path)).toThrow(BadInput);
});

test('the message says which places there are, and which key adds one', () => {
  expect(() => parseDestination('/usr/lib')).toThrow(
    '"/usr/lib" is no place for what a recovery brings; use a folder below /srv, /opt, /home/NAME, /root, /var/www, ' +
      "/var/backups or /mnt/NAME, not hidden in a home; or list its folder under recover-destinations in the worker's configuration",
  );
  expect(() => parseDestination('/opt/apps')).toThrow('"/opt/apps" would replace /opt/apps/myc-deploy');
});

test('a folder that is listed is a place, with all below it and nothing beside it', () => {
  const listed = ['/var/lib/app', '/home/jo/.config/app', '/etc/nginx/sites'];
  for (const path of ['/var/lib/app', '/var/lib/app/x', '/home/jo/.config/app', '/etc/nginx/sites/x'])
    expect(parseDestination(path, listed)).toBe(path);
  for (const path of [
    '/var/lib/application',
    '/var/lib',
    '/home/jo/.config',
    '/etc/nginx',
    '/var/lib/app/.myc-wf-x',
  ])
    expect(() => parseDestination(path, listed), path).toThrow(BadInput);
  expect(() => parseDestination('/srv/charm-store/myc', ['/srv'])).toThrow(BadInput);
});

test.each([
  '/var/lib/app',
  '/data',
  '/data/x',
  '/etc/nginx',
  '/srv/x',
  '/home/jo/.config/app',
  '/var/log/app',
])('%s can be listed', (path) => expect(parseListedDestination(path)).toBe(path));

test.each([
  ...[
    '/',
    '/etc',
    '/etc/ssh',
    '/etc/ssh/x',
    '/etc/cron.d',
    '/usr',
    '/usr/lib',
    '/usr/bin',
    '/boot/grub',
    '/bin',
    '/lib64',
  ],
  ...[
    '/home',
    '/home/jo',
    '/root',
    '/var',
    '/var/lib',
    '/var/lib/dpkg',
    '/var/lib/docker',
    '/var/lib/docker/x',
    '/proc/1',
  ],
  ...[
    '/dev/shm',
    '/run/x',
    '/sys/x',
    '/srv',
    '/opt',
    '/opt/apps',
    '/var/lib/myc-wf',
    '/srv/charm-store/myc',
    '/mnt',
    '/tmp',
  ],
  ...['var/lib/app', '/var/lib/../x', '/var/spool/cron/crontabs', '', 7],
])('%j cannot be listed', (path) => {
  expect(() => parseListedDestination(path)).toThrow(BadInput);
});
