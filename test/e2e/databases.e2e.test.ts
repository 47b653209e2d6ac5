import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Lab, type LabHost, openLab } from '../lab/lab.js';
import { repository } from '../lab/names.js';
import { type Operator, openOperator } from './operator.js';

const name = 'vps75.lab';
let lab: Lab;
let host: LabHost;
let operator: Operator;
let charms: string;

/** A service that has both databases, and says in its environment what it was told of them. */
const told = (keys: string, prefix: string) => `#!/bin/bash
set -e
for key in ${keys}; do
  config-add "services: {$MASTER_BASE_SERVICE_NAME: {environment: {${prefix}_\${key^^}: \\"$(relation-get "$key")\\"}}}"
done
`;
const shop = {
  'metadata.yml': `docker-image: mariadb:11.8
docker-compose: {entrypoint: [sleep], command: [infinity], init: yes}
uses:
  mysql-database: {constraint: required, auto: summon}
  redis-database: {constraint: required, auto: summon}
  log-rotate: {constraint: optional, auto: pair, default-options: {paths: [/var/log/shop/*.log]}}
`,
  'hooks/mysql_database-relation-joined': told('host user password dbname', 'SQL'),
  'hooks/redis_database-relation-joined': told('host password url', 'REDIS'),
};

beforeAll(async () => {
  charms = await mkdtemp(path.join(tmpdir(), 'house-charms-'));
  for (const [file, text] of Object.entries(shop)) {
    await mkdir(path.dirname(path.join(charms, 'shop', file)), { recursive: true });
    await writeFile(path.join(charms, 'shop', file), text, { mode: 0o755 });
  }
  lab = await openLab({ hosts: 1, images: ['mariadb:11.8', 'redis:8'] });
  host = await lab.fresh(name);
  operator = await openOperator(lab, {
    configure: (config) => ({ ...config, 'charm-repositories': [{ name: 'house', path: charms }] }),
  });
  await operator.up();
  await operator.done('start', 'deploy', name);
}, 600_000);
afterAll(async () => {
  await operator.close();
  await lab.destroy(name);
  await rm(charms, { recursive: true });
});

const start = (...args: string[]) => operator.myc(['start', ...args]);
const shell = (command: string) => host.exec(['bash', '-c', command]);
const compose = (text: string) => host.exec(['tee', '/opt/apps/myc-deploy/compose.yml'], { input: text });
const inside = (service: string, command: string) =>
  host.exec(['docker', 'exec', `myc-${service}-1`, 'bash', '-c', command]);
const readme = async (charm: string) => {
  const text = await readFile(path.join(repository, 'charms', charm, 'README.md'), 'utf8');
  return /```yaml\n([^]*?)```/.exec(text)?.[1] ?? '';
};
const sql = 'MYSQL_PWD=$SQL_PASSWORD mariadb -h "$SQL_HOST" -u "$SQL_USER" -Ne';

test('the examples of their READMEs come up, with a database and an account for each service', async () => {
  const examples = await Promise.all(['mysql', 'redis', 'logrotate'].map(readme));
  await compose(`${examples.join('')}a.example.org:\n  charm: shop\nb_shop:\n  charm: shop\n`);
  const first = await start('up', name);
  expect(first, first.stderr).toMatchObject({ status: 0 });
  for (const [service, database] of [
    ['a.example.org', 'a.example.org'],
    ['b_shop', 'b_shop'],
  ] as const) {
    await inside(service, `${sql} 'create table kept (n int); insert into kept values (7)' "$SQL_DBNAME"`);
    expect(
      await inside(
        service,
        `${sql} 'select n, database(), substring_index(user(), "@", 1) from kept' "$SQL_DBNAME"`,
      ),
    ).toBe(`7\t${database}\t${service}`);
  }
  // Neither gets into the other's, not even where an underscore could mean any letter.
  await expect(inside('b_shop', `${sql} 'select * from \`a.example.org\`.kept'`)).rejects.toThrow(/denied/);
  await expect(inside('b_shop', `${sql} 'create database bxshop'`)).rejects.toThrow(/denied/);
  await expect(
    inside('b_shop', 'mariadb --skip-ssl-verify-server-cert -h mysql -uroot -e "select 1"'),
  ).rejects.toThrow(/denied/);
}, 400_000);

test('redis takes its password and the settings of compose.yml', async () => {
  const redis = (words: string) =>
    shell(
      `docker exec -i myc-redis-1 sh -c 'read -r REDISCLI_AUTH && export REDISCLI_AUTH && ${words}' < <(cat /srv/datastore/data/redis/.compose/password/redis; echo)`,
    );
  expect(await redis('redis-cli config get maxmemory')).toBe('maxmemory\n104857600');
  expect(await redis('redis-cli set kept 7; redis-cli get kept')).toBe('OK\n7');
  expect(await shell('docker exec myc-redis-1 redis-cli get kept 2>&1 || true')).toContain('NOAUTH');
  const url = await inside('b_shop', 'echo "$REDIS_URL"');
  expect(url).toMatch(/^redis:\/\/:[0-9a-f]{64}@redis:6379\/0$/);
  await shell('docker restart myc-redis-1 >/dev/null; sleep 2');
  expect(await redis('redis-cli get kept')).toBe('7');
});

test('a second up changes nothing, and no password is in an argument', async () => {
  expect(await start('up', name)).toMatchObject({ status: 0, stdout: 'nothing to change\n' });
  const found = `grep -cFf <(for file in /srv/datastore/data/*/.compose/password/*; do cat "$file"; echo; done) <(cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ') || true`;
  expect(await shell(found)).toBe('0');
});

test('what a service logs is rotated, as its relation says', async () => {
  const logs = '/srv/datastore/data/b_shop/var/log/shop';
  await shell(`mkdir -p ${logs} && echo a line >${logs}/shop.log`);
  await shell('docker exec myc-logrotate-1 logrotate --force --state /tmp/state /etc/logrotate.d/b_shop');
  expect(await shell(`ls ${logs} | sed 's/[0-9]\\{8\\}/DATE/'`)).toBe('shop.log\nshop.log-DATE');
  expect(await shell(`cat ${logs}/shop.log-*`)).toBe('a line');
});

test('the actions of mysql: ls, dump and rm', async () => {
  const action = (...words: string[]) => start('action', name, 'mysql', ...words);
  expect((await action('ls')).stdout).toMatch(/^a\.example\.org\t\d+ kB\nb_shop\t\d+ kB\n$/);
  const dumped = await action('dump', 'b_shop');
  expect(dumped.stdout).toContain('INSERT INTO `kept` VALUES');
  expect((await action('dump', 'c')).stderr).toContain('there is no database c');
  expect(await action('rm', 'b_shop', '--yes')).toMatchObject({ status: 0 });
  expect((await action('ls')).stdout).not.toContain('b_shop');
});
