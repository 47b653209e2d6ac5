import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Lab, type LabHost, openLab } from './lab.js';
import { cachedArchive, readAptSettings } from './apt-settings.js';
import { addressOf, labFolder } from './names.js';

const spare = 'vps8.lab';
let lab: Lab;
let host: LabHost;

/** With Docker as deploy brings it. */
beforeAll(async () => {
  lab = await openLab();
  host = await lab.fresh(spare);
  await host.exec(['apt-get', 'update', '-qq']);
  await host.exec(['mkdir', '-p', '/etc/docker']);
  await host.exec(['tee', '/etc/docker/daemon.json'], {
    input: '{"registry-mirrors": ["http://mirror.lab"]}',
  });
  const packages = ['docker.io', 'docker-cli', 'curl'];
  await host.exec(['apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...packages]);
}, 600_000);
afterAll(() => lab.destroy(spare));

test('a name below a host resolves on a host and in its containers', async () => {
  expect(await host.exec(['getent', 'hosts', 'www.vps1.lab'])).toContain(addressOf('vps1.lab'));
  const inside = await host.exec([
    'docker',
    'run',
    '--rm',
    'debian:trixie-slim',
    'getent',
    'hosts',
    'vps2.lab',
  ]);
  expect(inside).toContain(addressOf('vps2.lab'));
});

test('the registry refuses a stranger and takes a push after a login', async () => {
  await host.exec(['docker', 'pull', '-q', 'debian:trixie-slim']);
  await host.exec(['docker', 'tag', 'debian:trixie-slim', 'registry.lab/house/tool:1']);
  await expect(host.exec(['docker', 'push', '-q', 'registry.lab/house/tool:1'])).rejects.toThrow(
    /no basic auth credentials/,
  );
  const input = await readFile(path.join(labFolder, 'registry-password'), 'utf8');
  await host.exec(['docker', 'login', '-u', 'lab', '--password-stdin', 'registry.lab'], {
    input: input.trim(),
  });
  await host.exec(['docker', 'push', '-q', 'registry.lab/house/tool:1']);
  await host.exec(['docker', 'rmi', 'registry.lab/house/tool:1']);
  await host.exec(['docker', 'pull', '-q', 'registry.lab/house/tool:1']);
});

test('a package of the house is installed with the key that the configuration names, and not without', async () => {
  const source = (key: string) =>
    `Types: deb\nURIs: http://apt.lab/debian\nSuites: trixie\nComponents: main\n${key}`;
  const write = (file: string, input: string) => host.exec(['tee', file], { input });
  await write('/etc/apt/sources.list.d/house.sources', source(''));
  const update = ['apt-get', 'update', '-o', 'APT::Update::Error-Mode=any'];
  await expect(host.exec(update)).rejects.toThrow(/not signed|couldn't be verified|Missing key/);
  await write('/etc/apt/keyrings/house.asc', await readFile(path.join(labFolder, 'apt.asc'), 'utf8'));
  await write('/etc/apt/sources.list.d/house.sources', source('Signed-By: /etc/apt/keyrings/house.asc\n'));
  await host.exec(update);
  await host.exec(['apt-get', 'install', '-y', '-qq', 'house-tools']);
  expect(await host.exec(['house-hello'])).toBe('hello from the house');
});

test('a package that was fetched once comes from the cache', async () => {
  const archive = cachedArchive(await readAptSettings());
  const uri = (await host.exec(['apt-get', 'download', '--print-uris', 'jq'])).split("'")[1] ?? '';
  const get = ['curl', '-sS', '-o', '/dev/null', '-D', '-', uri];
  await host.exec(get);
  expect(await host.exec(get)).toMatch(archive ? /^Cache-Status: cache\.lab;hit/im : /^HTTP/);
});

test('httpd:2.4 comes from the mirror under its ordinary name and serves a page', async () => {
  await host.exec(['docker', 'run', '-d', '--name', 'web', '-p', '80:80', 'httpd:2.4']);
  const page = await host.exec([
    'curl',
    '-sf',
    '--retry',
    '20',
    '--retry-all-errors',
    '--retry-delay',
    '1',
    'http://localhost/',
  ]);
  expect(page).toContain('It works!');
});

test('postgres:17 makes the named database at its first start and keeps it', async () => {
  const settings = ['-e', 'POSTGRES_PASSWORD=lab', '-e', 'POSTGRES_DB=shop'];
  const database = ['-v', 'data:/var/lib/postgresql/data', ...settings];
  await host.exec(['docker', 'run', '-d', '--name', 'db', ...database, 'postgres:17']);
  const ready =
    'for i in $(seq 60); do docker exec db pg_isready -q -h 127.0.0.1 && exit 0; sleep 0.5; done; exit 1';
  await host.exec(['bash', '-c', ready]);
  const ask = (sql: string) =>
    host.exec(['docker', 'exec', 'db', 'psql', '-qAtU', 'postgres', 'shop', '-c', sql]);
  await ask('create table kept(n int); insert into kept values (7)');
  await host.exec(['docker', 'restart', 'db']);
  await host.exec(['bash', '-c', ready]);
  expect(await ask('select n from kept')).toBe('7');
  expect(await host.exec(['docker', 'exec', 'db', 'id', '-u', 'postgres'])).toBe('999');
});

test('mariadb:11.8 and redis:8 come to the mirror when they are asked for, and serve', async () => {
  await openLab({ images: ['mariadb:11.8', 'redis:8'] });
  await host.exec(['tee', '/root/root-password'], { input: "it's a \\ secret" });
  const file = ['-v', '/root/root-password:/run/secrets/root:ro', '-e'];
  const settings = [...file, 'MARIADB_ROOT_PASSWORD_FILE=/run/secrets/root', '-e', 'MARIADB_DATABASE=shop'];
  await host.exec(['docker', 'run', '-d', '--name', 'maria', ...settings, 'mariadb:11.8']);
  await host.exec(['docker', 'run', '-d', '--name', 'cache', 'redis:8']);
  const ready =
    'for i in $(seq 90); do docker exec maria healthcheck.sh --connect --innodb_initialized && exit 0; sleep 1; done; exit 1';
  await host.exec(['bash', '-c', ready]);
  const ask = 'MYSQL_PWD=$(cat /root/root-password) docker exec -e MYSQL_PWD maria mariadb -uroot -Ne "$1"';
  expect(await host.exec(['bash', '-c', ask, 'ask', 'show databases'])).toContain('shop');
  await expect(host.exec(['docker', 'exec', 'maria', 'mariadb', '-uroot', '-e', 'select 1'])).rejects.toThrow(
    /Access denied/,
  );
  expect(await host.exec(['docker', 'exec', 'cache', 'redis-cli', 'ping'])).toBe('PONG');
}, 300_000);
