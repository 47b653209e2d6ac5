import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Lab, type LabHost, openLab } from '../lab/lab.js';
import { type Operator, type RunningUp, openOperator } from './operator.js';
import { toldByTemporal } from './told-by-temporal.js';

const name = 'vps83.lab';
const canary = `canary-${randomBytes(12).toString('hex')}`;
let lab: Lab;
let host: LabHost;
let operator: Operator;
let up: RunningUp;
let charms: string;

/** A site behind a proxy; the site's init makes a password and puts it into docker-compose.yml. */
const house = {
  'site/metadata.yml': 'docker-image: httpd:2.4\nuses: {front-door: {auto: pair}}\n',
  'site/hooks/init': `#!/bin/bash
mkdir -p "$SERVICE_DATASTORE/.compose/password"
file=$SERVICE_DATASTORE/.compose/password/site
[ -s "$file" ] || (umask 077; openssl rand -hex 24 >"$file")
init-config-add "$SERVICE_NAME:
  environment:
    GENERATED: $(cat "$file")"
`,
  'door/metadata.yml': `docker-image: httpd:2.4
provides: {front-door: {}}
docker-compose:
  command:
    - httpd-foreground
    - -c
    - LoadModule proxy_module modules/mod_proxy.so
    - -c
    - LoadModule proxy_http_module modules/mod_proxy_http.so
    - -c
    - ProxyPass / http://site:80/ disablereuse=On
`,
};

beforeAll(async () => {
  charms = await mkdtemp(path.join(tmpdir(), 'compose-charms-'));
  for (const [file, text] of Object.entries(house)) {
    await mkdir(path.dirname(path.join(charms, file)), { recursive: true });
    await writeFile(path.join(charms, file), text, { mode: 0o755 });
  }
  lab = await openLab({ hosts: 1 });
  host = await lab.fresh(name);
  operator = await openOperator(lab, {
    configure: (config) => ({ ...config, 'charm-repositories': [{ name: 'house', path: charms }] }),
  });
  up = await operator.up();
  await operator.done('start', 'deploy', name);
  await host.exec(['tee', '/opt/apps/myc-deploy/compose.yml'], { input: 'site:\ndoor:\n' });
}, 600_000);
afterAll(async () => {
  await up.stop();
  await operator.close();
  await lab.destroy(name);
  await rm(charms, { recursive: true });
});

const shell = (command: string) => host.exec(['bash', '-c', command]);
const compose = (...args: string[]) => operator.myc(['compose', name, ...args]);
const inFolder = (file: string) => path.join(operator.folder, file);

describe('what a compose.yml comes to, and another one for once', () => {
  test("compose HOST plan reads the host's compose.yml and changes nothing", async () => {
    const { status, stdout, stderr } = await compose('plan');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('  site  front-door  -> door  paired\n');
    expect(stdout).toContain('  1.  site  init\n');
    expect(await shell('ls /var/lib/myc-wf; docker ps -aq')).not.toContain('compose');
  });

  test('start up --file and --add-compose-content: on the host, and nothing of them in Temporal', async () => {
    await writeFile(inFolder('once.yml'), 'door:\nsite:\n  docker-compose: {environment: {ONCE: "1"}}\n');
    const added = `site:\n  docker-compose:\n    environment: {SITE_PASSWORD: ${canary}}\n`;
    const started = await operator.myc([
      ...['start', 'up', name, '--file', inFolder('once.yml'), '--add-compose-content', added, '--debug'],
    ]);
    expect(started).toMatchObject({ status: 0 });
    const env = await shell('docker exec $(docker ps -qf label=com.docker.compose.service=site) env');
    expect(env).toContain('ONCE=1');
    expect(env).toContain(`SITE_PASSWORD=${canary}`);

    expect(started.stdout).toContain('name: myc\nservices:\n');
    expect(started.stdout).toContain('SITE_PASSWORD: "***"');
    expect(started.stdout).toContain('GENERATED: "***"');
    expect(started.stdout + started.stderr).not.toContain(canary);
    const generated = (await shell('cat /srv/datastore/data/site/.compose/password/site')).trim();
    expect(started.stdout).not.toContain(generated);
    const told = await toldByTemporal(operator.settings);
    expect(told).toContain('planServices');
    expect(told).not.toContain(canary);
    expect(await shell('stat -c %a /var/lib/myc-wf/given/*/*')).toBe('600\n600'.trim());
  });

  test("the next up is of the host's own compose.yml again", async () => {
    expect(await operator.myc(['start', 'up', name])).toMatchObject({ status: 0 });
    const env = await shell('docker exec $(docker ps -qf label=com.docker.compose.service=site) env');
    expect(env).not.toContain('ONCE');
    expect(env).not.toContain(canary);
    expect(env).toContain('GENERATED=');
  });

  test('a --file that is no compose.yml is refused with its place before anything is started', async () => {
    await writeFile(inFolder('wrong.yml'), 'site:\n  optoins: {}\n');
    const before = await operator.done('list', '--json');
    const { status, stderr } = await operator.myc(['start', 'up', name, '-f', inFolder('wrong.yml')]);
    expect(status).toBe(2);
    expect(stderr).toContain(`wrong.yml:2:3: unknown key "optoins" in site\n2 |   optoins: {}\n      ^\n`);
    expect((await operator.done('list', '--json')).stdout).toBe(before.stdout);
  });

  test('what cannot be resolved is refused by the worker, with its place', async () => {
    const { status, stderr } = await operator.myc([
      ...['start', 'up', name, '--add-compose-content', 'site:\n  charm: sight\n'],
    ]);
    expect(status).toBe(2);
    expect(stderr).toContain('--add-compose-content:2:3: the charm "sight" of service "site"');
  });
});
