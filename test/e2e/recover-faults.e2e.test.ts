import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { connect } from '../../client/connect.js';
import { type LabTarget, freshTarget } from '../lab/backup-target.js';
import { type Gates, gatesOf } from '../lab/gates.js';
import { type Lab, type LabHost, openLab } from '../lab/lab.js';
import { type Operator, type RunningUp, openOperator } from './operator.js';
import { until as untilWithin } from './until.js';

/** One host that was backed up and lost, and one that it is recovered to again and again, each time with another fault. */
const lost = 'vps76.lab';
const next = 'vps78.lab';
const files = '/srv/datastore/data/files';
/** Made on the new host after its first recovery: gone when the next one went through. */
const since = '/srv/datastore/data/since';

let lab: Lab;
let host: LabHost;
let gates: Gates;
let target: LabTarget;
let operator: Operator;
let up: RunningUp;
/** Of the lost host, as it was backed up. */
let original: string;

const on = (where: LabHost) => (command: string) => where.exec(['bash', '-c', command]);
const shell = (command: string) => on(host)(command);
const stateOf = async (where: LabHost) =>
  where.exec(['bash', '-s'], {
    input: await readFile(new URL('recovered-state.sh', import.meta.url), 'utf8'),
  });
const sql = (where: LabHost, database: string, query: string) =>
  on(where)(`docker exec myc-postgres-1 psql -XAtq -U postgres -d ${database} -c "${query}"`);
const until = (what: string, holds: () => Promise<boolean>) => untilWithin(what, holds, 90);
const keys = async (ident: string, kind: 'push' | 'read') =>
  (await target.exec(`cat /var/lib/rsync-backup-target/idents/${ident}/${kind} 2>/dev/null`)).stdout.trim();

const containers = () => shell("docker ps --no-trunc --format '{{.Names}} {{.ID}}' | sort");

/** Started and left; the operation's id. */
async function recovering(...options: string[]): Promise<string> {
  const source = `myadmin@${target.name}#${lost}`;
  const { stdout } = await operator.done(
    ...['--json', 'start', 'recover', source, next, '--detach', ...options],
  );
  return (JSON.parse(stdout) as { operationId: string }).operationId;
}
/** Some of the files are here, and not all. */
const transferring = () =>
  until('the transfer is under way', async () => {
    const some = `find /srv/.myc-wf-restore -path '*${files}/*' -size +2M 2>/dev/null | wc -l`;
    return Number(await shell(some)) > 0;
  });
const killWorker = async () => {
  await up.kill9();
  up = await operator.up();
};
const terminated = async () => {
  const temporal = await connect(operator.settings, {});
  await temporal.client.workflow.getHandle(`host/${next}`).terminate('in the UI');
  await temporal.close();
};
/** Of the data; what the images are chosen by came in one of its own. */
const transfers = /^rsync .* --inplace .* --include=\/srv\/datastore\/\*\*\* /;
/** A database is made of nothing and restored by one command in its server's container. */
const restores = /^docker exec .*make_database "\$database"/;
const units = 'systemctl list-units --all --no-legend --plain "myc-*"';
/** Jobs that were started more than once since the host booted, of all operations. */
const startedTwice = () => shell("journalctl -b -o cat | grep -o '^Started myc-[^ ]*' | sort | uniq -d");
/** Nothing may read the mirror any more, nothing holds it, and nothing is left of the stage. */
async function expectNothingLeft(): Promise<void> {
  expect(await keys(lost, 'read')).toBe('');
  expect(await shell('ls -Ad /srv/.myc-wf-* /opt/apps/.myc-wf-* 2>/dev/null || true')).toBe('');
  expect(await shell(units)).toBe('');
  await until(`backup/${lost} is free`, async () => !(await operator.done('status')).stdout.includes(lost));
}

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
  up = await operator.up();
  await operator.done('start', 'deploy', lost, '--without-docker-clean');
  await old.exec(['tee', '/opt/apps/myc-deploy/compose.yml'], {
    input: 'postgres:\napache:\n  options:\n    port: 8080\n',
  });
  await operator.done('start', 'up', lost);
  await on(
    old,
  )(`mkdir ${files}; cd ${files}; for i in 1 2 3 4 5 6 7 8; do head -c 3000000 /dev/urandom >$i; done
    ln 1 hard; ln -s 1 link; chown 33:33 2; echo 'page of ${lost}' >../apache/usr/local/apache2/htdocs/index.html`);
  await sql(
    old,
    'postgres',
    "CREATE ROLE app LOGIN PASSWORD 'app-secret'; CREATE ROLE reader; GRANT reader TO app",
  );
  await sql(old, 'postgres', 'CREATE DATABASE app OWNER app');
  const rows = 'CREATE TABLE t AS SELECT id, md5(id::text) AS m FROM generate_series(1, 10000) AS id';
  await sql(old, 'app', rows);
  await operator.done('start', 'backup-install', `myadmin@${target.name}`, lost);
  original = await stateOf(old);
  await lab.destroy(lost);
  gates = await gatesOf(host);
}, 900_000);

beforeEach(async () => {
  await gates.slow(undefined);
  await gates.forget();
});

afterAll(async () => {
  await operator?.close();
  await target?.destroy();
  await lab?.destroy(lost);
  await lab?.destroy(next);
});

test('the worker is killed in each phase of a recovery: the host is as it was, and each step was done once', async () => {
  await gates.before('rsync', 'mv');
  await gates.slow(2000);
  await recovering();
  await until('images wait for Docker, whose packages are being installed', async () => {
    const running = await shell(units);
    const both = running.includes('.docker.') && running.includes('.images.');
    return both && (await shell('pgrep -cx dpkg || true')) !== '0';
  });
  await killWorker();
  await transferring();
  await killWorker();
  await gates.holding('^mv -T -- .* /srv/datastore$', async () => {
    await gates.before('docker', 'docker-compose');
    await killWorker();
  });
  await gates.holding(restores.source, killWorker);
  await gates.holding('^docker-compose .* up .*apache', killWorker);
  const ended = await operator.done('result', next);
  expect(ended.stdout).toContain(`${lost} is recovered on ${next}`);
  expect(await stateOf(host)).toBe(original);
  await expectNothingLeft();
  expect(await startedTwice()).toBe('');
  expect(await gates.calls(transfers)).toBe(1);
  expect(await gates.calls(/^mv -T -- \S+ \/srv\/datastore$/)).toBe(1);
  expect(await gates.calls(/^mv -T -- \/opt\/apps\/myc-deploy \S+old/)).toBe(1);
  expect(await gates.calls(restores)).toBe(2);
  expect(await keys(next, 'push')).toMatch(/^ssh-ed25519 \S+$/);
}, 600_000);

test('cancelled during the transfer: the old services run on, and nothing is left of it', async () => {
  await shell(`echo since >${since}`);
  const [state, services] = [await stateOf(host), await containers()];
  await gates.slow(2000);
  await recovering('--yes');
  await transferring();
  await operator.done('cancel', next);
  const ended = await operator.myc(['result', next]);
  expect(ended).toMatchObject({ status: 1, stderr: expect.stringContaining('cancelled') as string });
  expect(await stateOf(host)).toBe(state);
  expect(await containers()).toBe(services);
  await expectNothingLeft();
});

test('a mirror that is empty, and one that is not what its manifest says, replace nothing', async () => {
  const [state, services] = [await stateOf(host), await containers()];
  const key = (
    await target.exec(`cut -d' ' -f1,2 /var/lib/rsync-backup-target/host-keys/*.pub`)
  ).stdout.trim();
  await target.exec(`SSH_ORIGINAL_COMMAND='ssh-key add empty.lab ${key}' /usr/local/sbin/mirror-admin`);
  const empty = await operator.myc(['start', 'recover', `myadmin@${target.name}#empty.lab`, next, '--yes']);
  expect(empty).toMatchObject({ status: 1 });
  expect(empty.stderr).toContain(`the mirror of empty.lab on ${target.name} is empty`);

  const file = `/var/mirror/${lost}/current${files}/3`;
  await target.exec(`cp -a ${file} /root/3; echo more >>${file}`);
  await recovering('--yes');
  const damaged = await operator.myc(['result', next]);
  await target.exec(`cp -a /root/3 ${file}`);
  expect(damaged).toMatchObject({ status: 1 });
  expect(damaged.stderr).toContain(`other content: ${files.slice(1)}/3; nothing was replaced`);
  expect(await stateOf(host)).toBe(state);
  expect(await containers()).toBe(services);
  await expectNothingLeft();
});

test('what a terminated recovery left is stopped by the next operation, and the mirror is free', async () => {
  await gates.slow(2000);
  const operationId = await recovering('--yes');
  await transferring();
  await terminated();
  expect(await shell(units)).toContain(operationId);
  const after = await operator.done('start', 'vps-setup', next);
  expect(after.stdout).toContain(`stopped what still ran of an earlier operation: data (${operationId})`);
  expect(await shell(units)).toBe('');
  await until(`backup/${lost} is free`, async () => !(await operator.done('status')).stdout.includes(lost));
  expect(await keys(lost, 'read')).not.toBe('');
});

test('terminated in the middle of the swap, the trees are the new ones all the same', async () => {
  await shell(`echo since >${since}`);
  const operationId = await recovering('--yes');
  await gates.holding('^mv -T -- .* /srv/datastore$', async () => {
    // What the recovery before left was taken away: this is its own.
    expect((await keys(lost, 'read')).split('\n')).toHaveLength(1);
    await terminated();
    const stopping = operator.done('start', 'vps-setup', next);
    await until('it is asked to stop', async () => (await shell(units)).includes('deactivating'));
    await shell('rm /root/gates/hold');
    expect((await stopping).stdout).toContain(
      `stopped what still ran of an earlier operation: swap (${operationId})`,
    );
  });
  expect(await shell(`ls ${files} && ls ${since} 2>&1 || true`)).toMatch(/^1\n.*No such file/s);
  expect(await shell('ls -A /srv')).toContain(`.myc-wf-old-${operationId}`);
});

test('the next recovery takes away what those left, and goes on when the Temporal server is killed', async () => {
  await gates.slow(2000);
  const following = operator.myc(['start', 'recover', `myadmin@${target.name}#${lost}`, next, '--yes']);
  await transferring();
  await up.killServer9();
  const ended = await following;
  expect(ended, ended.stderr).toMatchObject({ status: 0 });
  expect(up.said()).toContain('the Temporal server ended: starting it again');
  expect(await stateOf(host)).toBe(original);
  await expectNothingLeft();
  expect(await startedTwice()).toBe('');
  expect(await gates.calls(transfers)).toBe(1);
});

test('the host reboots during the transfer and in the middle of the swap, where a cancel comes too late', async () => {
  await shell(`echo since >${since}`);
  await gates.slow(2000);
  await recovering('--yes');
  await transferring();
  await host.reboot('power-cut');
  await gates.slow(undefined);
  await gates.holding('^mv -T -- .* /srv/datastore$', async () => {
    expect(await shell('ls /srv')).not.toContain('datastore');
    await operator.done('cancel', next);
    await host.reboot('power-cut');
  });
  const ended = await operator.done('result', next);
  expect(ended.stdout).toContain(`${lost} is recovered on ${next}`);
  expect(await stateOf(host)).toBe(original);
  await expectNothingLeft();
  expect(await gates.calls(transfers)).toBe(2);
  expect(await gates.calls(restores)).toBe(2);
});
