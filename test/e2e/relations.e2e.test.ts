import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, type LabHost, openLab } from '../lab/lab.js';
import { type Operator, type RunningUp, openOperator } from './operator.js';

/** Charms as others write them for the seed's tool: an app with a database and a proxy. */
const house = fileURLToPath(new URL('house-charms', import.meta.url));
/** And charms whose init misbehaves. */
const misbehaving = {
  hangs: 'echo "waiting for what never comes"; sleep 600',
  writes: 'head -c 100000000 /dev/zero | tr "\\0" x | fold -w 72; echo "the end of it"; exit 9',
  unclear: 'config-add "services:\n  unclear: {image: [}"',
  lingers: 'sleep 300 & echo left one behind',
  slow: 'echo run >>/root/slow; sleep 6; echo end >>/root/slow',
};
const name = 'vps72.lab';
let lab: Lab;
let host: LabHost;
let operator: Operator;
let up: RunningUp;
let charms: string;

beforeAll(async () => {
  charms = await mkdtemp(path.join(tmpdir(), 'house-charms-'));
  await cp(house, charms, { recursive: true });
  for (const [charm, text] of Object.entries(misbehaving)) {
    const folder = path.join(charms, charm);
    await mkdir(path.join(folder, 'hooks'), { recursive: true });
    const timeout = charm === 'hangs' ? 'hook-timeout: 3\n' : '';
    await writeFile(path.join(folder, 'metadata.yml'), `type: stub\n${timeout}`);
    await writeFile(path.join(folder, 'hooks/init'), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
  }
  lab = await openLab({ hosts: 1 });
  host = await lab.fresh(name);
  operator = await openOperator(lab, {
    configure: (config) => ({ ...config, 'charm-repositories': [{ name: 'house', path: charms }] }),
  });
  up = await operator.up();
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
const containers = () => shell("docker ps --no-trunc --format '{{.Names}} {{.ID}}' | sort");
const rendered = '/var/lib/myc-wf/compose/docker-compose.yml';

const short = 'www.example.org:\n  charm: app\nother:\n  charm: app\nproxy:\n';
const explicit = `www.example.org:
  charm: app
  relations:
    sql-database: database
    web-proxy: proxy
other:
  charm: app
  relations: {web-proxy: {proxy: {}}, sql-database: [database]}
proxy:
database:
`;

test('a short compose.yml: a database, a role and a password for each service, and a proxy that knows them', async () => {
  await compose(short);
  const first = await start('up', name);
  expect(first).toMatchObject({ status: 0 });
  expect(first.stderr).toContain('4 services: database, proxy, www.example.org, other');
  for (const hook of [
    'database (sql-database of other)',
    'other (web-proxy to proxy)',
    'other (post_deploy)',
  ])
    expect(first.stderr).toContain(hook);

  // The password went from hook to hook and into the environment, and the server takes it for that role only.
  for (const service of ['www.example.org', 'other']) {
    const role = service.replaceAll('.', '_');
    const id = await shell(`docker ps -qf label=com.docker.compose.service=${service}`);
    const url = await shell(`docker exec ${id} printenv DATABASE_URL`);
    expect(url).toMatch(new RegExp(`^postgres://${role}:[0-9a-f]{48}@database:5432/${role}$`));
    expect(await shell(`docker exec ${id} psql -qAt ${url} -c 'select current_user'`)).toBe(role);
    expect(await shell(`cat /srv/datastore/config/proxy/sites/${service}`)).toBe(
      `${service} -> ${service}:8069`,
    );
    expect(await shell(`cat /srv/datastore/data/${service}/deployed`)).toContain(`${service} runs in ${id}`);
  }
  expect(await shell('cat /srv/datastore/data/www.example.org/url')).toBe('https://www.example.org');
});

test('a second up, and the same written by hand, change nothing: docker-compose.yml is the same, byte for byte', async () => {
  const before = await containers();
  const text = await shell(`cat ${rendered}`);
  expect(await start('up', name)).toMatchObject({ status: 0, stdout: 'nothing to change\n' });
  await compose(explicit);
  expect(await start('up', name)).toMatchObject({ status: 0, stdout: 'nothing to change\n' });
  expect(await shell(`cat ${rendered}`)).toBe(text);
  expect(await containers()).toBe(before);
});

test('what hooks tell each other is for root only, and told to nobody', async () => {
  const data = '/var/lib/myc-wf/compose/relations/other/sql-database/database/data.json';
  expect(await shell(`stat -c %a ${data} ${rendered}`)).toBe('600\n600');
  const password = await shell(`jq -r .password ${data}`);
  expect(password).toMatch(/^[0-9a-f]{48}$/);
  expect(await shell(`journalctl -o cat | grep -cF -- ${password} || true`)).toBe('0');
  const { stdout } = await operator.done('--json', 'result', name);
  expect(stdout + up.said()).not.toContain(password);
});

test('a relation that is gone leaves nothing in docker-compose.yml', async () => {
  await compose('www.example.org:\n  charm: app\n  relations: {web-proxy: []}\nproxy:\n');
  expect((await start('up', name)).stdout).toContain('removed other');
  expect(await shell(`grep -c 'PUBLIC_URL\\|sites\\.' ${rendered} || true`)).toBe('0');
});

describe('a hook that', () => {
  test('hangs is ended, with its last lines', async () => {
    await compose('hangs:\n');
    const failed = await start('up', name);
    expect(failed).toMatchObject({ status: 1 });
    for (const words of [
      'hook init of service hangs, charm hangs',
      'exit code 124',
      'did not end within 3 s',
    ])
      expect(failed.stderr).toContain(words);
    expect(failed.stderr).toContain('waiting for what never comes');
    expect(await shell('pgrep -fx "sleep 600" || echo none')).toBe('none');
  });

  test('writes 100 MB fills no disk, and its end is told', async () => {
    await compose('writes:\n');
    const failed = await start('up', name);
    expect(failed).toMatchObject({ status: 1 });
    expect(failed.stderr).toContain('exit code 9');
    expect(failed.stderr).toContain('the end of it');
    const largest = await shell("find /var/lib/myc-wf/jobs -type f -printf '%s\\n' | sort -n | tail -n 1");
    expect(Number(largest)).toBeLessThan(10_000_000);
  });

  test('gives config-add no YAML is refused, although it ended well', async () => {
    await compose('unclear:\n');
    const refused = await start('up', name);
    expect(refused).toMatchObject({ status: 2 });
    expect(refused.stderr).toContain(
      'hook init of service unclear, charm unclear gave config-add what is no YAML',
    );
    expect(refused.stderr).toContain('config-add 1:2:');
  });

  test('leaves a program behind does not hold the operation', async () => {
    await compose('lingers:\n');
    expect(await start('up', name)).toMatchObject({ status: 0 });
  });
});

test('a worker killed between two hooks: the next one goes on, and none runs twice', async () => {
  await compose('slow:\nslow2:\n  charm: slow\n');
  expect(await start('up', name, '--detach')).toMatchObject({ status: 0 });
  const said = () => shell('cat /root/slow 2>/dev/null || true');
  for (let tries = 100; tries > 0 && !(await said()).startsWith('run'); tries -= 1) await sleep(200);
  await up.kill9();
  up = await operator.up();
  expect(await operator.myc(['follow', name])).toMatchObject({ status: 0 });
  expect(await said()).toBe('run\nend\nrun\nend');
});
