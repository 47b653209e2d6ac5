import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LabTarget, freshTarget } from '../lab/backup-target.js';
import { type Lab, type LabHost, openLab } from '../lab/lab.js';
import { type Operator, openOperator } from './operator.js';

const name = 'vps73.lab';
/** Of those that the lab has anyway. */
const other = 'vps1.lab';
/** What `start up` makes of the charm postgres. */
const stack = JSON.stringify({
  name: 'myc',
  services: {
    db: {
      image: 'postgres:17',
      environment: { POSTGRES_PASSWORD: 'secret' },
      volumes: ['/srv/datastore/data/db/var/lib/postgresql/data:/var/lib/postgresql/data:rw'],
      labels: { 'myc.backup': '{"dump":"postgres","exclude":["/var/lib/postgresql/data"]}' },
      healthcheck: { test: ['CMD', 'pg_isready', '-h', '127.0.0.1'], interval: '1s', retries: 60 },
    },
  },
});
const site = '/srv/datastore/data/web/htdocs';

let lab: Lab;
let host: LabHost;
let target: LabTarget;
let operator: Operator;

const shell = (command: string) => host.exec(['bash', '-c', command]);
const mirrored = async (command: string) =>
  (await target.exec(`cd /var/mirror/${name}/current && ${command}`)).stdout.trim();
const manifest = async () =>
  JSON.parse(await mirrored('cat var/lib/myc-wf/backup/manifest.json')) as Record<string, unknown>;
const psql = (database: string, sql: string) =>
  shell(`docker exec myc-db-1 psql -XAtq -U postgres -d '${database}' -c "${sql}"`);
const succeeding = async (...args: string[]) => {
  const done = await operator.myc(args);
  expect(done, done.stderr).toMatchObject({ status: 0 });
  return done;
};

beforeAll(async () => {
  lab = await openLab({ hosts: 1 });
  host = await lab.fresh(name);
  target = await freshTarget();
  operator = await openOperator(lab, {
    configure: (config) => ({
      ...config,
      'charm-repositories': [],
      hosts: { [name]: config.hosts![name]!, [other]: config.hosts![other]! },
      'backup-targets': { [target.name]: { ...target.config, 'host-keys': [] } },
    }),
  });
  await operator.up();
  await succeeding('start', 'deploy', name, '--without-docker-clean');
  await shell(`mkdir -p ${site} /root/stack && cd ${site} && echo page >index.html && head -c 3000000 /dev/urandom >big && ln -s index.html link &&
    mkdir many && seq 40 | while read -r i; do echo $i >many/$i; done && mkfifo pipe && printf x >'odd
name' && chown 33:33 index.html && echo '${stack}' >/root/stack/docker-compose.yml && cd /root/stack && docker compose up -d --wait </dev/null`);
  await psql('postgres', 'CREATE ROLE app LOGIN');
  await psql('postgres', 'CREATE DATABASE app OWNER app');
  await shell(`docker exec myc-db-1 createdb -U postgres 'odd/name = 1'`);
  await psql('app', 'CREATE TABLE t AS SELECT generate_series(1, 1000) AS id');
}, 600_000);

afterAll(async () => {
  await operator?.close();
  await target?.destroy();
  await lab?.destroy(name);
});

test('a host without a target, and a target whose key nobody has seen, are refused with the remedy', async () => {
  const none = await operator.myc(['start', 'backup', name]);
  expect(none).toMatchObject({ status: 2 });
  expect(none.stderr).toContain(`start backup-install ADMIN@TARGET ${name}`);
  const unknown = await operator.myc(['start', 'backup-install', `myadmin@${target.name}`, name]);
  expect(unknown).toMatchObject({ status: 2 });
  expect(unknown.stderr).toContain('--host-key');
});

test('backup-install lets a host back up, backs it up, and a second run only syncs', async () => {
  const [key = ''] = target.config['host-keys'] ?? [];
  const install = ['start', 'backup-install', `myadmin@${target.name}`, name];
  const dry = await succeeding(...install, '--host-key', key, '--dry-run');
  expect(dry.stdout).toContain('would make');
  expect(await shell('ls /etc/myc-wf 2>/dev/null || true')).toBe('');

  const first = await succeeding(...install);
  expect(first.stdout).toContain(`accepts backups of ${name}`);
  expect(await mirrored('cat srv/datastore/data/web/htdocs/index.html')).toBe('page');
  expect(await mirrored('ls srv/datastore/data/db/var/lib/postgresql')).toBe('');
  expect(await mirrored('ls var/lib/myc-wf/backup/dumps/db')).toBe(
    '+6f64642f6e616d65203d2031.dump\napp.dump\ndatabases.json\npostgres.dump\nroles.json',
  );
  expect(await manifest()).toMatchObject({
    ident: name,
    host: name,
    databases: [{ name: 'db', kind: 'postgres', databases: [{ name: 'app', file: 'app.dump' }, {}, {}] }],
    special: { count: 1, names: ['srv/datastore/data/web/htdocs/pipe'] },
    volatile: { count: 0 },
  });
  expect(await shell('cd / && sha256sum -c --quiet /var/lib/myc-wf/backup/files.sha256 && echo good')).toBe(
    'good',
  );
  // Keys and jobs of the control plane are in no backup.
  expect(await mirrored('find . -name "*id_ed25519*" -o -name jobs -o -path "./etc*"')).toBe('');
  expect(await shell('stat -c %a /etc/myc-wf/backup/id_ed25519 /etc/myc-wf/backup.json')).toBe('600\n600');

  const before = await manifest();
  await shell(`echo changed >${site}/index.html`);
  const second = await succeeding(...install);
  expect(second.stdout).not.toContain('accepts');
  expect(await mirrored('cat srv/datastore/data/web/htdocs/index.html')).toBe('changed');
  expect((await manifest()).operationId).not.toBe(before.operationId);
  const schedules = JSON.parse((await succeeding('--json', 'schedule', 'list')).stdout) as unknown;
  expect(schedules).toMatchObject([{ id: `schedule/backup/${name}`, paused: false }]);
});

test('another host cannot write the same mirror', async () => {
  const install = ['start', 'backup-install', `myadmin@${target.name}`, other, '--ident', name];
  const refused = await operator.myc(install);
  expect(refused).toMatchObject({ status: 2 });
  expect(refused.stderr).toContain('two hosts never write one mirror');
});

test("a schedule's second night backs up too", async () => {
  const seen = new Set([(await manifest()).operationId]);
  for (const night of [1, 2]) {
    await shell(`echo night ${night} >${site}/index.html`);
    await succeeding('schedule', 'trigger', name);
    for (let tries = 0; seen.has((await manifest()).operationId) && tries < 100; tries += 1) await sleep(300);
    expect(await mirrored('cat srv/datastore/data/web/htdocs/index.html')).toBe(`night ${night}`);
    seen.add((await manifest()).operationId);
    // Overlap is skipped: the first has to be over before the second is asked for.
    await succeeding('result', `backup/${name}`);
    await sleep(1000);
  }
  expect(seen.size).toBe(3);
});

test('a mirror that would lose much asks first; no keeps it, yes goes on', async () => {
  await shell(`mv ${site}/many /root/many`);
  const asked = async (answer: string) => {
    await succeeding('start', 'backup', name, '--detach');
    for (let tries = 0; tries < 100; tries += 1) {
      const { stdout } = await operator.myc(['status', `backup/${name}`]);
      if (stdout.includes('would be deleted')) break;
      await sleep(300);
    }
    await succeeding('answer', `backup/${name}`, answer);
    return operator.myc(['result', `backup/${name}`]);
  };
  const no = await asked('no');
  expect(no).toMatchObject({ status: 1 });
  expect(no.stderr).toContain('the mirror stays as it was');
  expect(await mirrored('ls srv/datastore/data/web/htdocs/many | wc -l')).toBe('40');
  expect(await asked('yes')).toMatchObject({ status: 0 });
  expect(await mirrored('ls srv/datastore/data/web/htdocs')).not.toContain('many');
  await shell(`mv /root/many ${site}/many`);
});

test('content that changed under the same size and time is found and sent', async () => {
  await shell(
    `cd ${site} && touch -r big /root/time && printf z | dd of=big conv=notrunc status=none && touch -r /root/time big`,
  );
  await succeeding('start', 'backup', name);
  expect(await mirrored(`sha256sum <srv/datastore/data/web/htdocs/big`)).toBe(
    await shell(`sha256sum <${site}/big`),
  );
});
