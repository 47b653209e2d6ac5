import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LabTarget, freshTarget } from '../lab/backup-target.js';
import { gatesOf } from '../lab/gates.js';
import { readmeExample } from '../charms/readme-example.js';
import { type Lab, type LabHost, openLab } from '../lab/lab.js';
import { type Operator, openOperator } from './operator.js';

const name = 'vps75.lab';
const next = 'vps79.lab';
let lab: Lab;
let host: LabHost;
let second: LabHost;
let target: LabTarget;
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
data-resources: [/var/log/shop]
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
  [host, second, target] = await Promise.all([lab.fresh(name), lab.fresh(next), freshTarget()]);
  operator = await openOperator(lab, {
    configure: (config) => ({
      ...config,
      'charm-repositories': [{ name: 'house', path: charms }],
      'backup-targets': { [target.name]: target.config },
    }),
  });
  await operator.up();
  await operator.done('start', 'deploy', name);
}, 600_000);
afterAll(async () => {
  await operator.close();
  await target?.destroy();
  await lab.destroy(name);
  await lab.destroy(next);
  await rm(charms, { recursive: true });
});

const start = (...args: string[]) => operator.myc(['start', ...args]);
const shell = (command: string) => host.exec(['bash', '-c', command]);
const compose = (text: string) => host.exec(['tee', '/opt/apps/myc-deploy/compose.yml'], { input: text });
const inside = (service: string, command: string) =>
  host.exec(['docker', 'exec', `myc-${service}-1`, 'bash', '-c', command]);
const sql = 'MYSQL_PWD=$SQL_PASSWORD mariadb -h "$SQL_HOST" -u "$SQL_USER" -Ne';

test('the examples of their READMEs come up, with a database and an account for each service', async () => {
  const examples = ['mysql', 'redis', 'logrotate'].map(readmeExample);
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

const action = (...words: string[]) => start('action', name, 'mysql', ...words);
const rooted = (where: LabHost, words: string, input = '') =>
  where.exec(
    [
      'bash',
      '-c',
      `MYSQL_PWD=$(cat /srv/datastore/data/mysql/.compose/password/mysql-root) docker exec -i -e MYSQL_PWD myc-mysql-1 ${words}`,
    ],
    { input },
  );
const asRoot = (query: string, where = host) => rooted(where, 'mariadb --user=root -N', query);

describe('the actions of mysql', () => {
  let file: string;
  const rows = () => asRoot('select n, hex(bits), many from b_shop.kept order by n');
  /** All that a database holds: columns, rows, views, routines, triggers and events. */
  const whole = 'mariadb-dump --user=root --routines --events --hex-blob --skip-dump-date b_shop';

  beforeAll(async () => {
    file = path.join(operator.folder, 'b_shop.sql');
    await asRoot(`alter database b_shop collate utf8mb4_german2_ci; use b_shop; drop table kept;
      create table kept (n int primary key, bits blob, many text);
      insert into kept select seq, char(seq % 256), concat('row ', seq, '\n', "'quoted'") from seq_1_to_20000;
      create view few as select n from kept where n < 10;
      create function twice(x int) returns int deterministic return 2 * x;
      create trigger later before update on kept for each row set new.many = upper(new.many);
      create event never on schedule every 1 year do delete from kept;`);
  });

  test('ls and dump: each database as SQL', async () => {
    expect((await action('ls')).stdout).toMatch(/^a\.example\.org\t\d+ kB\nb_shop\t\d+ kB\n$/);
    expect(await action('dump', 'b_shop', '-o', file)).toMatchObject({ status: 0 });
    expect(await readFile(file, 'utf8')).toContain('INSERT INTO `kept` VALUES');
    expect((await action('dump', 'c')).stderr).toContain('there is no database c');
  });

  test('load puts it back, whole; what it does runs as the service’s account, not as the superuser', async () => {
    const [before, kept] = [await rooted(host, whole), await rows()];
    await asRoot(
      'delete from b_shop.kept where n > 3; drop view b_shop.few; create table b_shop.more (n int)',
    );
    expect((await action('load', 'b_shop', '-i', file)).stderr).toContain('load replaces the database');
    const loaded = await action('load', 'b_shop', '--yes', '-i', file);
    expect(loaded, loaded.stderr).toMatchObject({ status: 0 });
    expect(await rows()).toBe(kept);
    const after = await rooted(host, whole);
    expect(after).toBe(before.replaceAll('DEFINER=`root`@`localhost`', 'DEFINER=`b_shop`@`%`'));
    expect(await inside('b_shop', `${sql} 'select twice(n) from few limit 1' "$SQL_DBNAME"`)).toBe('2');
  });

  test.each([
    ['cut off', (text: string) => text.slice(0, text.length / 2), 'it was cut off'],
    ['with an error', (text: string) => `create tabel broken;\n${text}`, 'cannot be loaded'],
    ['of nothing', () => '-- Dump completed\n', 'it holds no table'],
    [
      'that reaches for another database',
      (text: string) => `drop database \`a.example.org\`;\n${text}`,
      'cannot be loaded',
    ],
    [
      'that drops the one it is for',
      (text: string) => `drop table b_shop.kept;\n${text}`,
      'cannot be loaded',
    ],
    ['that runs a program', (text: string) => `\\! touch /tmp/evil\n${text}`, 'cannot be loaded'],
    ['that makes an account', (text: string) => `create user evil;\n${text}`, 'cannot be loaded'],
  ])('a dump %s costs nothing', async (_what, spoil, says) => {
    const before = await rooted(host, whole);
    const evil = path.join(operator.folder, 'evil.sql');
    await writeFile(evil, spoil(await readFile(file, 'utf8')));
    const refused = await action('load', 'b_shop', '--yes', '-i', evil);
    expect(refused, refused.stderr).toMatchObject({ status: 1 });
    expect(refused.stderr).toContain(says);
    expect(refused.stderr).toContain('b_shop is as it was');
    expect(await rooted(host, whole)).toBe(before);
    expect(
      await asRoot(
        "show databases like 'making%'; select user from mysql.user where user in ('evil', 'myc-loader')",
      ),
    ).toBe('');
    expect(await shell('docker exec myc-mysql-1 ls /tmp | grep evil || true')).toBe('');
  });

  test('cut off while the database is made anew, the next load first puts back what it was', async () => {
    const before = await rooted(host, whole);
    const gates = await gatesOf(host);
    await gates.before('docker');
    const held = gates.holding('^docker exec .* mariadb --user=b_shop --sandbox .* b_shop$', async () => {
      expect(
        await asRoot("select count(*) from information_schema.tables where table_schema = 'b_shop'"),
      ).toBe('0');
      // As when the power goes: the action and what it waits for.
      await shell(`pkill -9 -f '[a]ctions/load'; pkill -9 -f '[m]ariadb --user=b_shop --sandbox'; true`);
    });
    const [killed] = await Promise.all([action('load', 'b_shop', '--yes', '-i', file), held]);
    expect(killed).toMatchObject({ status: 1 });
    await writeFile(path.join(operator.folder, 'evil.sql'), 'nothing');
    const refused = await action('load', 'b_shop', '--yes', '-i', path.join(operator.folder, 'evil.sql'));
    expect(refused.stderr).toContain('b_shop is first as it was');
    expect(await rooted(host, whole)).toBe(before);
    expect(await shell('ls -A /var/lib/myc-wf/actions/mysql')).toBe('');
  });
});

test('recovered on another host, its databases, accounts and rows are there, each from a dump of its own', async () => {
  await asRoot(`create user reader@'10.%' identified by 'a secret'; create role sees; grant select on \`b\\_shop\`.* to sees;
    grant sees to reader@'10.%'; grant insert (n) on b_shop.kept to reader@'10.%'; create database \`b-empty\``);
  const all =
    'mariadb-dump --user=root --routines --events --hex-blob --skip-dump-date --databases a.example.org b_shop b-empty';
  const accounts =
    "select user, host, json_value(priv, '$.authentication_string') from mysql.global_priv where user not in ('root', 'mariadb.sys', 'healthcheck') order by 1, 2; show grants for reader@'10.%'; show grants for sees";
  await operator.done('start', 'backup-install', `myadmin@${target.name}`, name);
  const dumps = `/var/mirror/${name}/current/var/lib/myc-wf/backup/dumps/mysql`;
  expect((await target.exec(`ls ${dumps}`)).stdout).toBe(
    'a.example.org.dump\naccounts.json\nb-empty.dump\nb_shop.dump\n',
  );
  expect(
    (await target.exec(`ls /var/mirror/${name}/current/srv/datastore/data/mysql/var/lib/mysql`)).code,
  ).not.toBe(0);
  const [before, allowed] = [await rooted(host, all), await asRoot(accounts)];
  await operator.done('start', 'recover', `myadmin@${target.name}#${name}`, next);
  expect(await rooted(second, all)).toBe(before);
  expect(await asRoot(accounts, second)).toBe(allowed);
  const query = `MYSQL_PWD=$SQL_PASSWORD mariadb -h "$SQL_HOST" -u "$SQL_USER" -Ne 'select count(*) from kept' "$SQL_DBNAME"`;
  expect(await second.exec(['docker', 'exec', 'myc-b_shop-1', 'bash', '-c', query])).toBe('20000');
}, 600_000);

test('rm: a database is gone', async () => {
  expect(await action('rm', 'b_shop', '--yes')).toMatchObject({ status: 0 });
  expect((await action('ls')).stdout).not.toContain('b_shop');
});
