import { randomBytes } from 'node:crypto';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LabTarget, freshTarget } from '../lab/backup-target.js';
import { type Gates, gatesOf } from '../lab/gates.js';
import { type Lab, type LabHost, openLab } from '../lab/lab.js';
import { run } from '../lab/run.js';
import { type Operator, type RunningUp, openOperator } from './operator.js';
import { seenProcesses } from './seen-processes.js';
import { toldByTemporal } from './told-by-temporal.js';

const lost = 'vps80.lab';
const next = 'vps81.lab';
const canary = (what: string) => `canary-${what}-${randomBytes(12).toString('hex')}`;
const registryPassword = canary('registry');
const optionPassword = canary('option');
const rolePassword = canary('role');

let lab: Lab;
let old: LabHost;
let host: LabHost;
let gates: Gates;
let target: LabTarget;
let operator: Operator;
let up: RunningUp;
/** All that the commands printed. */
const printed: string[] = [];
/** What must be seen nowhere, by what it is; those that hosts make are added once they are there. */
const secrets = new Map<string, string>();

const shell = (where: LabHost, command: string, input = '') => where.exec(['bash', '-c', command], { input });
const myc = async (...args: string[]) => {
  const done = await operator.done(...args);
  printed.push(done.stdout, done.stderr);
  return done;
};
/** The middle of a private key: no two have it in common. */
const keyBody = (text: string) => text.split('\n').slice(1, -2).join('').slice(100, 160);
const logged = (where: LabHost) =>
  shell(where, 'journalctl -o cat; cd /var/lib/myc-wf && grep -r "" jobs backup 2>/dev/null');

beforeAll(async () => {
  lab = await openLab({ hosts: 1 });
  old = await lab.fresh(lost);
  host = await lab.fresh(next);
  gates = await gatesOf(old);
  target = await freshTarget();
  operator = await openOperator(lab, {
    configure: (config) => ({
      ...config,
      'charm-repositories': [],
      'git-key-file': path.join(config['data-directory']!, '../git_key'),
      registries: {
        'house.lab': { username: 'me', 'password-file': path.join(config['data-directory']!, '../password') },
      },
      'backup-targets': { [target.name]: target.config },
    }),
  });
  const inFolder = (name: string) => path.join(operator.folder, name);
  await writeFile(inFolder('password'), registryPassword, { mode: 0o600 });
  await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', inFolder('git_key')]);
  secrets.set('registry password', registryPassword);
  secrets.set('registry login', Buffer.from(`me:${registryPassword}`).toString('base64'));
  secrets.set('git key', keyBody(await readFile(inFolder('git_key'), 'utf8')));
  secrets.set('identity', keyBody(await readFile(lab.identityFile, 'utf8')));
  const codecKey = operator.settings.temporal!['codec-key-file']!;
  secrets.set('codec key', (await readFile(codecKey, 'utf8')).trim());
  secrets.set('option of compose.yml', optionPassword);
  secrets.set('password of a role', rolePassword);
  up = await operator.up();
});
afterAll(async () => {
  await operator?.close();
  await target?.destroy();
  await lab?.destroy(lost);
  await lab?.destroy(next);
});

test('the whole chain shows no secret in its histories, logs, output, records or processes', async () => {
  const processes = seenProcesses();
  await myc('start', 'deploy', lost, '--without-docker-clean');
  await gates.before('jq', 'docker', 'rsync', 'ssh', 'systemd-run', 'grep');
  // A login that was there before is kept, and ours merged into it.
  await shell(old, `echo '{"auths": {"other.lab": {"auth": "bWU6bWU="}}}' >/root/.docker/config.json`);
  await myc('start', 'deploy', lost, '--without-docker-clean');
  expect(
    Object.keys((JSON.parse(await shell(old, 'cat /root/.docker/config.json')) as { auths: object }).auths),
  ).toEqual(['other.lab', 'house.lab']);
  await shell(
    old,
    'cat >/opt/apps/myc-deploy/compose.yml',
    `postgres:\n  docker-compose: {environment: {APP_PASSWORD: ${optionPassword}}}\n`,
  );
  await myc('start', 'up', lost);
  const psql = 'docker exec -i myc-postgres-1 psql -XAtq -U postgres';
  await shell(old, psql, `CREATE ROLE app LOGIN PASSWORD '${rolePassword}'; CREATE DATABASE app OWNER app`);
  await myc('start', 'backup-install', `myadmin@${target.name}`, lost);
  await myc('start', 'backup', lost);
  const made = '/srv/datastore/data/postgres/.compose/password/postgres-root';
  secrets.set('password of the superuser', await shell(old, `cat ${made}`));
  secrets.set('key to push with', keyBody(await shell(old, 'cat /etc/myc-wf/backup/id_ed25519')));

  const recovery = myc('start', 'recover', `myadmin@${target.name}#${lost}`, next);
  let restoreKey = '';
  for (const key = '/srv/.myc-wf-restore/*/id_ed25519'; restoreKey === '';)
    restoreKey = await shell(host, `sleep 0.2; cat ${key} 2>/dev/null || true`);
  secrets.set('key to restore with', keyBody(restoreKey));
  await recovery;
  await shell(host, psql, `SET ROLE app; SELECT 1`);
  const mirrored = await target.exec('grep -arl . /var/mirror | head -n 5; grep -ar "" /var/mirror');

  const histories = await toldByTemporal(operator.settings);
  expect(await up.stop()).toBe(0);
  const data = path.join(operator.folder, 'data');
  const stored = await Promise.all(
    (await readdir(data)).map((name) => readFile(path.join(data, name), 'latin1')),
  );
  const places: Record<string, string> = {
    'the decoded histories': histories,
    'the database and logs of Temporal': stored.join('\n'),
    "the worker's log": up.said(),
    'the output': printed.join('\n'),
    'the processes': await processes.stop(),
    'the programs called on the host': await shell(old, 'cat /root/gates/calls'),
    [`journal and records of ${lost}`]: await logged(old),
    [`journal and records of ${next}`]: await logged(host),
  };
  // Each place is one in which something would be found.
  expect(
    Object.entries(places).filter(([, text]) => !text.includes(text === places['the output'] ? lost : 'myc')),
  ).toEqual([]);
  expect(histories).toContain('/srv/datastore');
  const found = Object.entries(places).flatMap(([place, text]) =>
    [...secrets].filter(([, secret]) => text.includes(secret)).map(([what]) => `${what} in ${place}`),
  );
  expect(found).toEqual([]);
  expect([...secrets.values()].every((secret) => secret.length >= 20)).toBe(true);

  // A recovery needs the services' secrets; the control plane's are in no mirror.
  expect(mirrored.stdout).toContain(optionPassword);
  const own = ['registry password', 'registry login', 'git key', 'identity', 'codec key', 'key to push with'];
  expect(own.filter((what) => mirrored.stdout.includes(secrets.get(what)!))).toEqual([]);
}, 600_000);
