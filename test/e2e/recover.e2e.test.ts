import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LabTarget, freshTarget } from '../lab/backup-target.js';
import { type Lab, type LabHost, openLab } from '../lab/lab.js';
import { type Operator, openOperator } from './operator.js';
import { until } from './until.js';

const lost = 'vps74.lab';
const next = 'vps75.lab';
const page = '/srv/datastore/data/apache/usr/local/apache2/htdocs/index.html';

let lab: Lab;
let host: LabHost;
let target: LabTarget;
let operator: Operator;

const on = (where: LabHost) => (command: string) => where.exec(['bash', '-c', command]);
const sql = (where: LabHost, database: string, query: string) =>
  on(where)(`docker exec myc-postgres-1 psql -XAtq -U postgres -d ${database} -c "${query}"`);
const served = async (where: LabHost) => {
  const answer = await fetch(`http://${where.address}:8080/`);
  return answer.text();
};
const succeeding = async (...args: string[]) => {
  const done = await operator.myc(args);
  expect(done, done.stderr).toMatchObject({ status: 0 });
  return done;
};
const keys = async (ident: string, kind: 'push' | 'read') =>
  (await target.exec(`cat /var/lib/rsync-backup-target/idents/${ident}/${kind} 2>/dev/null`)).stdout.trim();
const source = () => `myadmin@${target.name}#${lost}`;

beforeAll(async () => {
  lab = await openLab({ hosts: 1 });
  const old = await lab.fresh(lost);
  host = await lab.fresh(next);
  target = await freshTarget();
  operator = await openOperator(lab, {
    configure: (config) => ({
      ...config,
      'charm-repositories': [],
      'backup-targets': { [target.name]: target.config },
    }),
  });
  await operator.up();
  await succeeding('start', 'deploy', lost, '--without-docker-clean');
  await old.exec(['tee', '/opt/apps/myc-deploy/compose.yml'], {
    input: 'postgres:\napache:\n  options:\n    port: 8080\n',
  });
  await succeeding('start', 'up', lost);
  await on(old)(`echo 'page of ${lost}' >${page} && chown 33:33 ${page} && mkdir /srv/datastore/data/files &&
    cd /srv/datastore/data/files && head -c 20000000 /dev/urandom >big && ln big hard && ln -s big link && ln -s /etc/hostname out && printf x >'odd
name'`);
  await sql(old, 'postgres', "CREATE ROLE app LOGIN PASSWORD 'app-secret'");
  await sql(
    old,
    'postgres',
    'CREATE ROLE reader; GRANT reader TO app; ALTER ROLE app SET search_path = app, public',
  );
  await sql(old, 'postgres', 'CREATE DATABASE app OWNER app');
  await sql(
    old,
    'app',
    'CREATE TABLE t AS SELECT id, md5(id::text) AS m FROM generate_series(1, 10000) AS id',
  );
  await sql(old, 'app', 'ALTER TABLE t OWNER TO app; GRANT SELECT ON t TO reader');
  await succeeding('start', 'backup-install', `myadmin@${target.name}`, lost);
}, 900_000);

afterAll(async () => {
  await operator?.close();
  await target?.destroy();
  await lab?.destroy(lost);
  await lab?.destroy(next);
});

test('an ident that is not kept, and a mirror that is not whole, are refused before anything is touched', async () => {
  const unknown = await operator.myc(['start', 'recover', `myadmin@${target.name}#vps9.lab`, next]);
  expect(unknown).toMatchObject({ status: 10 });
  expect(unknown.stderr).toContain('keeps no mirror of vps9.lab');
  const dry = await succeeding('start', 'recover', source(), next, '--dry-run');
  expect(dry.stdout).toContain('would make');
  expect(await on(host)('ls -A /srv; command -v docker rsync || true')).toBe('');
  expect(await keys(lost, 'read')).toBe('');
});

test('a path of the mirror goes to a place of another host', async () => {
  const to = `${next}:/root/back`;
  const first = await succeeding('start', 'recover', `${source()}:/srv/datastore/data/files`, to);
  expect(first.stdout).toContain('1 link in data leads out of its folder: root/back/out -> /etc/hostname');
  const there = on(host);
  expect(await there('ls -A /root/back')).toBe('big\nhard\nlink\nodd\nname\nout');
  expect(await there('stat -c %h /root/back/big; readlink /root/back/link; ls -A /srv')).toBe('2\nbig');
  const again = await operator.myc(['start', 'recover', `${source()}:/srv/datastore/data/files`, to]);
  expect(again).toMatchObject({ status: 1 });
  expect(again.stderr).toContain('/root/back holds data');
  await there('rm /root/back/big');
  await succeeding('start', 'recover', `${source()}:/srv/datastore/data/files`, to, '--yes');
  expect(await there('ls /root/back | wc -l; ls -A /root | grep myc-wf || true')).toBe('6');
  const none = await operator.myc([
    'start',
    'recover',
    `${source()}:/srv/datastore/none`,
    `${next}:/root/none`,
  ]);
  expect(none).toMatchObject({ status: 1 });
  expect(none.stderr).toContain('not in the backup: srv/datastore/none');
  expect(await there('ls -A /srv')).toBe('');
  expect(await keys(lost, 'read')).toBe('');
});

test('a destination of the system, and one by way of a link, are refused before anything is pulled', async () => {
  const files = `${source()}:/srv/datastore/data/files`;
  for (const place of ['/usr/lib', '/etc/ssh', '/root/.ssh', '/srv/charm-store/myc']) {
    const refused = await operator.myc(['start', 'recover', files, `${next}:${place}`, '--yes']);
    expect(refused).toMatchObject({ status: 2 });
    expect(refused.stderr).toContain(place);
  }
  await on(host)('ln -s /etc /root/way');
  const led = await operator.myc(['start', 'recover', files, `${next}:/root/way/ssh`, '--yes']);
  expect(led).toMatchObject({ status: 1 });
  expect(led.stderr).toContain(`${next}: /root/way is a link to /etc; nothing was replaced`);
  expect(await on(host)('rm /root/way; ls /etc/ssh/sshd_config; ls -A /srv')).toBe('/etc/ssh/sshd_config');
});

test('a link where root reads settings is refused by name, and nothing is replaced', async () => {
  const old = await lab.host(lost);
  const planted = '/srv/datastore/config/cron/etc/cron.d';
  await on(old)(`mkdir -p ${planted} && rmdir ${planted} && ln -s /etc/cron.d ${planted}`);
  await succeeding('start', 'backup', lost);
  const refused = await operator.myc([
    ...['start', 'recover', `${source()}:/srv/datastore`, `${next}:/srv/datastore`],
  ]);
  await on(old)('rm -r /srv/datastore/config/cron');
  expect(refused).toMatchObject({ status: 1 });
  expect(refused.stderr).toContain(
    `a link among settings, which root reads: ${planted.slice(1)} -> /etc/cron.d; nothing was replaced`,
  );
  expect(await on(host)('ls -A /srv')).toBe('');
});

test('a compose.yml that comes to nothing is told before anything is replaced', async () => {
  const file = '/opt/apps/myc-deploy/compose.yml';
  const old = await lab.host(lost);
  await on(old)(`cp ${file} /root/ && printf 'postgres:\napache:\n  charm: nowhere\n' >${file}`);
  await succeeding('start', 'backup', lost);
  const refused = await operator.myc(['start', 'recover', source(), next]);
  expect(refused).toMatchObject({ status: 2 });
  expect(refused.stderr).toContain(`the backup:${file}:3:`);
  expect(refused.stderr).toContain('nowhere');
  expect(await on(host)('ls -A /srv; docker ps --all --quiet')).toBe('charm-store');
  expect(await keys(lost, 'read')).toBe('');
  await on(old)(`cp /root/compose.yml ${file}`);
  await succeeding('start', 'backup', lost);
});

test('what containers may do to the host is asked about before anything is replaced', async () => {
  const file = '/opt/apps/myc-deploy/compose.yml';
  const old = await lab.host(lost);
  // Compose alone knows what stands for the variable: the text says neither of the two.
  const asking =
    'apache:\n  options:\n    port: 8080\n  docker-compose:\n    pid: "${NOBODY:-host}"\npostgres:\n';
  await on(old)(`cp ${file} /root/`);
  await old.exec(['tee', file], { input: asking });
  await succeeding('start', 'backup', lost);
  await succeeding('start', 'recover', source(), next, '--detach');
  const status = async () => (await operator.myc(['status', next])).stdout;
  await until('it asks', async () => (await status()).includes("uses the host's processes (pid)"), 120);
  // The stage waits beside the places it would take.
  expect(await on(host)('ls -A /srv; docker ps --all --quiet')).toBe('.myc-wf-restore\ncharm-store');
  await succeeding('answer', next, 'no');
  const refused = await operator.myc(['result', next]);
  expect(refused).toMatchObject({ status: 1 });
  expect(refused.stderr).toContain("service apache uses the host's processes (pid)");
  expect(refused.stderr).toContain('nothing was replaced');
  expect(await on(host)('ls -A /srv; docker ps --all --quiet')).toBe('charm-store');
  expect(await keys(lost, 'read')).toBe('');
  await on(old)(`cp /root/compose.yml ${file}`);
  await succeeding('start', 'backup', lost);
});

/** Stands before docker: one image waits for a word, and is then told to be none. */
const refusing = `#!/bin/bash
if [ "$1 $3" = 'pull httpd:2.4' ]; then
  until [ -e /root/refuse ]; do sleep 0.1; done
  echo 'manifest for httpd:2.4 not found: manifest unknown' >&2
  exit 1
fi
exec /usr/bin/docker "$@"
`;

test('on an empty host databases wait for no other image; one that cannot be had ends it, and a second try goes through', async () => {
  await lab.destroy(lost);
  await on(host)('docker image rm --force httpd:2.4 postgres:17');
  await host.exec(['tee', '/usr/local/bin/docker'], { input: refusing });
  await on(host)('chmod +x /usr/local/bin/docker');
  const first = operator.myc(['start', 'recover', source(), next]);
  const rows = () => sql(host, 'app', 'SELECT count(*), sum(id) FROM t').catch(() => '');
  await until('the rows are back', async () => (await rows()) === '10000|50005000', 120);
  expect(await on(host)("docker ps --all --format '{{.Names}}'")).toBe('myc-postgres-1');
  await on(host)('touch /root/refuse');
  const failed = await first;
  expect(failed).toMatchObject({ status: 1 });
  expect(failed.stderr).toContain('manifest for httpd:2.4 not found');
  expect(await keys(lost, 'read')).toBe('');
  await on(host)('rm /usr/local/bin/docker /root/refuse');
  const again = await operator.myc(['start', 'recover', source(), next]);
  expect(again).toMatchObject({ status: 1, stderr: expect.stringContaining('--yes') as string });
});

test('a host that was lost serves again on another one, which then backs up under its own name', async () => {
  const done = await succeeding('start', 'recover', source(), next, '--yes');
  expect(done.stderr).toContain('compose host, 2 services');
  expect(await served(host)).toBe(`page of ${lost}\n`);
  expect(await sql(host, 'app', 'SELECT count(*), sum(id) FROM t')).toBe('10000|50005000');
  expect(
    await sql(
      host,
      'app',
      "SELECT pg_has_role('app', 'reader', 'member'), pg_get_userbyid(relowner) FROM pg_class WHERE relname = 't'",
    ),
  ).toBe('t|app');
  expect(await sql(host, 'app', 'SELECT setconfig FROM pg_db_role_setting')).toContain(
    'search_path=app, public',
  );
  expect(
    await on(host)(
      `docker exec -e PGPASSWORD=app-secret myc-postgres-1 psql -XAtq -h 127.0.0.1 -U app -d app -c 'SELECT 1'`,
    ),
  ).toBe('1');
  expect(
    await on(host)(`stat -c %u:%g ${page}; stat -c %h /srv/datastore/data/files/big; ls -A /srv | sort`),
  ).toBe('33:33\n2\ncharm-store\ndatastore');
  // The lost host can write no more; the new one has a mirror of its own; nobody may read.
  expect(await keys(lost, 'push')).toBe('');
  expect(await keys(lost, 'read')).toBe('');
  expect(await keys(next, 'push')).toMatch(/^ssh-ed25519 \S+$/);
  expect((await target.exec(`cat /var/mirror/${next}/current${page}`)).stdout).toBe(`page of ${lost}\n`);
  const schedules = JSON.parse((await succeeding('--json', 'schedule', 'list')).stdout) as {
    id: string;
    paused: boolean;
  }[];
  expect(schedules).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        ...{ id: `schedule/backup/${lost}`, paused: true },
        note: expect.stringContaining(`recovered to ${next} (`) as string,
      }),
      expect.objectContaining({ id: `schedule/backup/${next}`, paused: false }),
    ]),
  );
});

test('a destination that holds data is refused without consent', async () => {
  const refused = await operator.myc(['start', 'recover', source(), next]);
  expect(refused).toMatchObject({ status: 1 });
  expect(refused.stderr).toContain('/srv/datastore holds data');
  expect(await served(host)).toBe(`page of ${lost}\n`);
});

test('recover-target takes a path out of the host’s own mirror', async () => {
  await succeeding('start', 'recover-target', next, '/srv/datastore/data/files', '/root/own');
  expect(await on(host)('cmp /root/own/big /srv/datastore/data/files/big && echo same')).toBe('same');
});

test('what a running container has mounted is replaced once its service is stopped', async () => {
  const place = path.posix.dirname(page);
  await on(host)(`echo other >${page}`);
  const used = await operator.myc(['start', 'recover-target', next, place, place, '--yes']);
  expect(used).toMatchObject({ status: 1 });
  expect(used.stderr).toContain(`${place} is used by the container myc-apache-1`);
  expect(await served(host)).toBe('other\n');
  await succeeding('compose', next, 'stop', 'apache');
  await succeeding('start', 'recover-target', next, place, place, '--yes');
  await succeeding('start', 'up', next);
  expect(await served(host)).toBe(`page of ${lost}\n`);
});
