import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dockerOf } from '../../activities/adapters/docker/dockerode.js';
import { sshRemote } from '../../activities/adapters/remote/ssh.js';
import { conformsToDocker } from '../activities/adapters/docker/conformance.js';
import { type Lab, type LabHost, openLab } from '../lab/lab.js';
import { repository } from '../lab/names.js';
import { run } from '../lab/run.js';
import { type Operator, type RunningUp, openOperator } from './operator.js';

const name = 'vps71.lab';
const composeFile = '/opt/apps/myc-deploy/compose.yml';
let lab: Lab;
let host: LabHost;
let operator: Operator;
let up: RunningUp;
let charms: string;

/** Charms of the team's own repository: hooks that take long, fail, and tell a secret. */
const houseCharms = {
  'slow/metadata.yml': 'type: stub\n',
  'slow/hooks/init': 'echo run >>/root/slow; sleep 8; echo end >>/root/slow\n',
  'leaky/metadata.yml': 'type: stub\n',
  'leaky/hooks/init': 'echo "the password is $(options-get password)"; exit 7\n',
};

beforeAll(async () => {
  charms = await mkdtemp(path.join(tmpdir(), 'house-charms-'));
  for (const [file, text] of Object.entries(houseCharms)) {
    await mkdir(path.dirname(path.join(charms, file)), { recursive: true });
    const hook = file.includes('/hooks/');
    await writeFile(path.join(charms, file), hook ? `#!/bin/bash\n${text}` : text, {
      mode: hook ? 0o755 : 0o644,
    });
  }
  lab = await openLab({ hosts: 1 });
  host = await lab.fresh(name);
  operator = await openOperator(lab, {
    configure: (config) => ({ ...config, 'charm-repositories': [{ name: 'house', path: charms }] }),
  });
  up = await operator.up();
}, 600_000);
afterAll(async () => {
  await operator.close();
  await lab.destroy(name);
  await rm(charms, { recursive: true });
});

const start = (...args: string[]) => operator.myc(['start', ...args]);
const shell = (command: string) => host.exec(['bash', '-c', command]);
const compose = (text: string) => host.exec(['tee', composeFile], { input: text });
const containers = () => shell("docker ps --no-trunc --format '{{.Names}} {{.ID}}' | sort");
const sql = (query: string) =>
  host.exec(['docker', 'exec', 'myc-postgres-1', 'psql', '-qAtU', 'postgres', '-c', query]);

const site = `postgres:
apache:
  options:
    port: 8080
cron:
  options:
    jobs:
      tick:
        schedule: '* * * * *'
        command: date > /proc/1/fd/1
`;

test('a host that is not deployed is told from one that is, and deploy installs the charms', async () => {
  const early = await start('up', name);
  expect(early).toMatchObject({ status: 2 });
  expect(early.stderr).toContain(`${name} has no Docker; run myc-wf start deploy ${name} first`);

  const planned = await start('deploy', name, '--dry-run');
  expect(planned.stdout).toContain('installed the charms of house (2)');
  expect(await shell('ls /srv')).toBe('');
  const deployed = await start('deploy', name);
  expect(deployed).toMatchObject({ status: 0 });
  const files = await readdir(path.join(repository, 'charms'), { recursive: true });
  const own = files.filter((file) => path.basename(file) === 'metadata.yml');
  expect(deployed.stderr).toContain(`charms  ${own.length + 2} charms`);
  expect(await shell('ls /srv/charm-store/myc/postgres /srv/charm-store/house')).toContain('metadata.yml');
  const again = await start('deploy', name);
  expect(again).toMatchObject({ status: 0, stdout: 'nothing to change\n' });

  const empty = await start('up', name);
  expect(empty).toMatchObject({ status: 0, stdout: 'nothing to change\n' });
  expect(empty.stderr).toContain('no services in compose.yml');
});

test('a dry run names what would be done, and does none of it', async () => {
  await compose(site);
  const planned = await start('up', name, '--dry-run');
  expect(planned).toMatchObject({ status: 0 });
  expect(planned.stderr).toContain('3 services: postgres, apache, cron');
  for (const line of ['pull postgres:17', 'create postgres']) expect(planned.stdout).toContain(line);
  expect(await containers()).toBe('');
  expect(await shell('docker images -q')).toBe('');
});

test('up makes the services run; a second up recreates nothing, and rows survive', async () => {
  const first = await start('up', name);
  expect(first).toMatchObject({ status: 0 });
  for (const line of ['pulled postgres:17', 'pulled httpd:2.4', 'created postgres', 'created cron'])
    expect(first.stdout).toContain(line);
  await shell('echo "<p>our page</p>" >/srv/datastore/data/apache/usr/local/apache2/htdocs/index.html');
  const page = await fetch(`http://${host.address}:8080/`);
  expect(await page.text()).toBe('<p>our page</p>\n');
  await sql('create table kept (n int); insert into kept values (7)');
  const before = await containers();

  const second = await start('up', name);
  expect(second).toMatchObject({ status: 0, stdout: 'nothing to change\n' });
  expect(await containers()).toBe(before);
  expect(await sql('select n from kept')).toBe('7');
  const password = '/srv/datastore/data/postgres/.compose/password/postgres-root';
  expect(await shell(`stat -c '%a %u' ${password}`)).toBe('400 999');
  const log = await shell(`journalctl -o cat | grep -cF -- "$(cat ${password})" || true`);
  expect(log).toBe('0');
});

test('Tab completes services, their actions and what these take, as the host has them', async () => {
  const tab = async (...words: string[]) =>
    (await operator.done('complete', '--', 'start', 'action', name, ...words)).stdout.trim().split('\n');
  expect(await tab('')).toEqual(['apache', 'cron', 'postgres']);
  expect(await tab('postgres', 'res')).toEqual(['reset-wal']);
  expect(await tab('postgres', 'reset-wal', '')).toEqual(['force', 'now', 'preview']);
});

test('what stands is seen in one look, with no job; what came apart since is put right', async () => {
  const jobs = () => shell('ls /var/lib/myc-wf/jobs | grep -c "\\.services\\." || true');
  const [before, was] = [await containers(), await jobs()];
  expect((await start('up', name)).stdout).toBe('nothing to change\n');
  expect(await jobs()).toBe(was);

  await shell('docker stop myc-apache-1');
  expect((await start('up', name)).stdout).toBe('made 1 change\n  started apache\n');
  // One with no healthcheck of its own.
  await shell('docker stop myc-cron-1');
  expect((await start('up', name)).stdout).toBe('made 1 change\n  started cron\n');
  await shell('docker rm -f myc-cron-1');
  expect((await start('up', name)).stdout).toBe('made 1 change\n  created cron\n');
  // What a service's options say is on the host for its actions, also when somebody took it away.
  await shell('rm /var/lib/myc-wf/compose/services/postgres/environment.json');
  expect((await start('up', name)).stdout).toBe('nothing to change\n');
  expect(await shell('cat /var/lib/myc-wf/compose/services/postgres/environment.json')).toContain(
    'CHARM_PATH',
  );
  // An env file is no part of compose.yml; compose has it in what it compares.
  await shell('echo A=1 >/root/site.env');
  await compose(site.replace('cron:\n', 'cron:\n  docker-compose: {env_file: [/root/site.env]}\n'));
  expect((await start('up', name)).stdout).toBe('made 1 change\n  recreated cron\n');
  expect((await start('up', name)).stdout).toBe('nothing to change\n');
  await shell('echo A=2 >/root/site.env');
  expect((await start('up', name)).stdout).toBe('made 1 change\n  recreated cron\n');
  await compose(site);
  expect((await start('up', name)).stdout).toBe('made 1 change\n  recreated cron\n');
  // An image that its name means now, as `start update` brings it.
  await shell('printf "FROM httpd:2.4\\nLABEL newer=yes\\n" | docker build -q -t httpd:2.4 -');
  expect((await start('up', name)).stdout).toBe('made 1 change\n  recreated apache\n');
  const kept = (text: string) => text.split('\n').filter((line) => line.startsWith('myc-postgres-1'));
  expect(kept(await containers())).toEqual(kept(before));
});

test('a changed option makes one container anew; a named service leaves the others alone', async () => {
  const before = await containers();
  await compose(
    site
      .replace('port: 8080', 'port: 8081')
      .replace('postgres:\n', 'postgres:\n  docker-compose: {labels: {a: b}}\n'),
  );
  const some = await start('up', name, 'apache');
  expect(some.stdout).toBe('made 1 change\n  recreated apache\n');
  const after = await containers();
  expect(after.split('\n').filter((line) => !before.includes(line))).toHaveLength(1);
  expect((await fetch(`http://${host.address}:8081/`)).status).toBe(200);

  const all = await start('up', name);
  expect(all.stdout).toBe('made 1 change\n  recreated postgres\n');
  expect(await sql('select n from kept')).toBe('7');
});

test('a service that is gone from compose.yml is removed, its data stays', async () => {
  await compose(site.slice(0, site.indexOf('cron:')));
  expect((await start('up', name)).stdout).toContain('removed cron');
  await compose('# none\n');
  expect((await start('up', name)).stdout).toContain('removed postgres');
  expect(await containers()).toBe('');
  await compose('postgres:\n');
  expect((await start('up', name)).stdout).toContain('created postgres');
  expect(await sql('select n from kept')).toBe('7');
});

describe('compose.yml that cannot be right', () => {
  test.each([
    ['broken YAML', 'postgres:\n  options: {a: [1}\n', `${composeFile}:2:`, '  options: {*: [*}'],
    [
      'an unknown charm',
      'web:\n  charm: apachee\n',
      `${composeFile}:2:3: the charm "apachee"`,
      'write one of: apache',
    ],
    ['an unknown option', 'apache:\n  options:\n    prt: 1\n', `${composeFile}:3:5:`, 'write one of: port'],
    [
      'a secret beside it',
      'postgres:\n  password: canary-7\n',
      `${composeFile}:2:3:`,
      '  password: ******-*',
    ],
  ])('%s: file, line, column, caret and what to write', async (_what, text, place, shown) => {
    await compose(text);
    const refused = await start('up', name);
    expect(refused).toMatchObject({ status: 2 });
    expect(refused.stderr).toContain(`${name}:${place}`);
    expect(refused.stderr).toContain(shown);
    expect(refused.stderr).toMatch(/\n *\^\n/);
    expect(refused.stderr).not.toContain('canary');
  });

  test('a service that is none, and what docker compose itself refuses', async () => {
    await compose('apache:\n  docker-compose: {restart: {now: yes}}\n');
    expect((await start('up', name, 'apachi')).stderr).toContain(
      'has no service "apachi"; write one of: apache',
    );
    expect((await start('up', name)).stderr).toMatch(/docker compose on .* refuses .*restart/);
  });
});

test('a failing hook names service, charm, hook, exit code and its last lines, without the secret', async () => {
  await compose('leak:\n  charm: leaky\n  options:\n    password: canary-77\n');
  const failed = await start('up', name);
  expect(failed).toMatchObject({ status: 1 });
  expect(failed.stderr).toContain(`hook init of service leak, charm leaky`);
  expect(failed.stderr).toContain('exit code 7');
  expect(failed.stderr).toContain('the password is ***');
  const logs = await operator.myc(['logs', name]);
  expect(logs.stdout).toMatch(
    /hooks.* │ hook init of service leak, charm leaky\n.* │ the password is \*\*\*\n.* └ ended with exit code 7 after /,
  );
  expect(failed.stderr + failed.stdout + up.said() + logs.stdout + logs.stderr).not.toContain('canary-77');
  expect(await shell("stat -c '%a' /var/lib/myc-wf/compose/services/leak/options.json")).toBe('600');
});

test.each([
  ['does not become healthy', 'apache', 'echo no such module; exit 3', 'apache: no such module'],
  ['has no check and ends again and again', 'cron', 'echo bye; sleep 1; exit 4', 'cron: bye'],
])('a service that %s fails the operation with its last lines', async (_what, service, command, line) => {
  await compose(`${service}:\n  docker-compose:\n    command: [bash, -c, '${command}']\n`);
  const failed = await start('up', name);
  expect(failed).toMatchObject({ status: 1 });
  expect(failed.stderr).toContain(line);
});

test('a worker killed in the middle of a hook: the operation ends well, and the hook ran once', async () => {
  await compose('slow:\n');
  const started = await start('up', name, '--detach');
  expect(started).toMatchObject({ status: 0 });
  for (
    let tries = 100;
    tries > 0 && (await shell('cat /root/slow 2>/dev/null || true')) !== 'run';
    tries -= 1
  )
    await sleep(200);
  await up.kill9();
  up = await operator.up();
  const followed = await operator.myc(['follow', name]);
  expect(followed).toMatchObject({ status: 0 });
  expect(await shell('cat /root/slow')).toBe('run\nend');
});

test('a registry that is away is waited for, and said to be; one that has no such image is not', async () => {
  const image = 'mirror.lab/library/httpd:2.4';
  const rule = 'OUTPUT -p tcp -d mirror.lab --dport 80 -j REJECT --reject-with tcp-reset';
  await compose(`apache:\n  docker-compose: {image: "${image}"}\n`);
  await shell(`docker rmi -f ${image} 2>/dev/null || true; iptables -I ${rule}`);
  expect(await start('up', name, '--detach')).toMatchObject({ status: 0 });
  const deadline = Date.now() + 60_000;
  let seen = '';
  while (!seen.includes(`waiting for the registry of ${image}`) && Date.now() < deadline) {
    await sleep(500);
    seen = (await operator.myc(['status', name])).stdout;
  }
  await shell(`iptables -D ${rule}`);
  expect(seen).toContain(`waiting for the registry of ${image}`);
  expect(await operator.myc(['follow', name])).toMatchObject({ status: 0 });
  expect(await shell("docker inspect --format '{{.Config.Image}}' myc-apache-1")).toBe(image);

  await compose('apache:\n  docker-compose: {image: "mirror.lab/nowhere:1"}\n');
  const failed = await start('up', name);
  expect(failed).toMatchObject({ status: 1 });
  expect(failed.stderr).toContain('nowhere');
});

test('the two charms of backups: a server that takes an admin, and what of a host is mirrored', async () => {
  const adminKey = path.join(path.dirname(lab.identityFile), 'myadmin_ed25519');
  const key = (await readFile(`${adminKey}.pub`, 'utf8')).trim();
  await compose(
    `rsync-backup:\n  options:\n    mirror: {/srv/datastore: {exclude: [/data/tmp/]}}\n` +
      `rsync-backup-target:\n  options:\n    admin:\n      myadmin: ["${key}"]\n`,
  );
  expect((await start('up', name)).stdout).toContain('created rsync-backup-target');
  expect(JSON.parse(await shell('cat /etc/mirror-dir/config.yml'))).toEqual({
    '/srv/datastore': { exclude: ['/data/tmp/'] },
  });
  const hostKeys = '/srv/datastore/data/rsync-backup-target/var/lib/rsync-backup-target/host-keys';
  const known = path.join(operator.folder, 'known_hosts');
  const hostKey = await shell(`cat ${hostKeys}/ssh_host_ed25519_key.pub`);
  await writeFile(known, `[${host.address}]:10023 ${hostKey}\n`);
  const options = [
    '-F',
    '/dev/null',
    '-i',
    adminKey,
    '-o',
    'BatchMode=yes',
    '-o',
    `UserKnownHostsFile=${known}`,
  ];
  const listed = await run(['ssh', ...options, '-p', '10023', `myadmin@${host.address}`, 'ssh-key', 'ls']);
  expect(JSON.parse(listed.stdout)).toEqual({ idents: [] });
  expect(await start('up', name)).toMatchObject({ status: 0, stdout: 'nothing to change\n' });
});

describe.each(['root', 'debian'])('the engine of the host, over SSH as %s', (user) => {
  let remote: ReturnType<typeof sshRemote>;
  beforeAll(async () => {
    if (user !== 'root') await shell(`lab-authorize ${user} < /root/.ssh/authorized_keys`);
    const { address, port, hostKey } = host;
    remote = sshRemote({ name, address, port, user, identityFile: lab.identityFile, hostKeys: [hostKey] });
  });
  afterAll(() => remote.close());
  conformsToDocker(() => ({
    docker: dockerOf(remote),
    command: (args) => host.exec(['docker', ...args]),
    image: 'httpd:2.4',
  }));
});
