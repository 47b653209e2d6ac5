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

/** A site behind a proxy, and a service that takes its time to stop; the site's init makes a password and puts it into docker-compose.yml. */
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
  // The first process of a container does not end by SIGTERM by itself: Docker kills it after ten seconds.
  'slow/metadata.yml':
    'docker-image: debian:trixie-slim\ndocker-compose: {command: [sh, -c, "echo began; sleep infinity"]}\n',
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

const states = async () => {
  const { stdout } = await operator.done('compose', name, 'ps', '--json');
  const rows = JSON.parse(stdout) as { service: string; state: string }[];
  return Object.fromEntries(rows.map(({ service, state }) => [service, state]));
};
/** What the proxy answers on the host's own network. */
const page = async () => {
  const { stdout } = await operator.done('ip', name, 'door', '--json');
  const [{ addresses }] = JSON.parse(stdout) as [{ addresses: string[] }];
  return shell(`exec 3<>/dev/tcp/${addresses[0]}/80; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`);
};

describe('compose HOST, where docker compose was typed', { timeout: 300_000 }, () => {
  beforeAll(async () => {
    await host.exec(['tee', '/opt/apps/myc-deploy/compose.yml'], {
      input: 'site:\ndoor:\npostgres:\nslow:\n',
    });
    expect(await compose('up')).toMatchObject({ status: 0 });
  }, 300_000);

  test('stop, start, restart: each says what it changed, a second time that nothing had to be', async () => {
    const stopped = await compose('stop', 'site');
    expect(stopped).toMatchObject({ status: 0, stdout: 'made 1 change\n  stopped site\n' });
    expect(await states()).toMatchObject({ site: 'exited', door: 'running' });
    expect((await compose('stop', 'site')).stdout).toBe('nothing to change\n');
    const planned = await compose('start', '--dry-run');
    expect(planned.stdout).toBe('would make 1 change\n  started site\n');
    expect((await states()).site).toBe('exited');
    expect((await compose('start')).stdout).toBe('made 1 change\n  started site\n');
    const id = 'docker ps -qf label=com.docker.compose.service=site';
    const before = await shell(id);
    expect((await compose('restart', 'site')).stdout).toBe('made 1 change\n  restarted site\n');
    expect(await shell(id)).toBe(before);
  });

  test('an action under the lock is told as busy, and names itself', async () => {
    const { stdout } = await operator.done('compose', name, 'restart', 'slow', '--detach', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ workflowId: `host/${name}` });
    const busy = await compose('stop', 'site');
    expect(busy.status).toBe(11);
    expect(busy.stderr).toContain(`${name} is busy: compose, started`);
    expect(await operator.myc(['result', name])).toMatchObject({ status: 0 });
  });

  test('the worker is killed in the middle of a restart: it is done once', async () => {
    const began = () =>
      shell('docker logs $(docker ps -qf label=com.docker.compose.service=slow) | grep -c began');
    const before = Number(await began());
    await operator.done('compose', name, 'restart', 'slow', '--detach');
    await expect
      .poll(() => shell("systemctl list-units --plain --no-legend 'myc-*.service'"), { timeout: 60_000 })
      .toContain('compose');
    await up.kill9();
    up = await operator.up();
    const { status, stdout } = await operator.myc(['result', name]);
    expect([status, stdout]).toEqual([0, 'made 1 change\n  restarted slow\n']);
    expect(Number(await began())).toBe(before + 1);
  });

  test('what is not there is refused, with what is', async () => {
    const wrong = await compose('stop', 'sight');
    expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('has no service "sight"')]);
    expect(wrong.stderr).toContain('write one of: door, postgres, site, slow');
  });

  test('run: its stdin, its output and its exit code; nothing is left of it', async () => {
    const script = 'cat; hostname -i >/dev/null; echo "two  words" >&2; exit 7';
    const ran = await operator.myc(
      ['compose', name, 'run', '--rm', '--no-deps', 'site', 'sh', '-c', script],
      {
        stdin: "it's é\n",
      },
    );
    expect(ran.status).toBe(7);
    expect(ran.stdout).toBe("it's é\n");
    expect(ran.stderr).toContain('two  words\n');
    expect(await shell('docker ps -aq --filter label=com.docker.compose.oneoff=True')).toBe('');
  });

  test('a service that is stopped and replaced by run --use-aliases is reached by the proxy', async () => {
    expect(await page()).toContain('It works!');
    await operator.done('compose', name, 'stop', 'site');
    expect(await page()).toMatch(/^HTTP\/1\.[01] 50\d/);
    const command = 'echo "a page of run" >htdocs/index.html; exec httpd-foreground';
    await operator.done(
      'compose',
      name,
      'run',
      '-d',
      '--rm',
      '--use-aliases',
      '--name',
      'instead',
      'site',
      'sh',
      '-c',
      command,
    );
    await expect.poll(page, { timeout: 20_000 }).toContain('a page of run');
    await shell('docker stop instead');
    await operator.done('compose', name, 'start', 'site');
    await expect.poll(page, { timeout: 20_000 }).toContain('It works!');
  });

  test('logs of a service, those that come as well until Ctrl-C', async () => {
    expect((await compose('logs', 'slow')).stdout).toMatch(/^slow-1 +\| began$/m);
    const following = operator.start(['compose', name, 'logs', '--follow', '--lines', '1', 'door']);
    await expect.poll(() => following.stdout(), { timeout: 20_000 }).toContain('door-1');
    const lines = () => following.stdout().split('GET / HTTP').length;
    const before = lines();
    await page();
    await expect.poll(lines, { timeout: 20_000 }).toBeGreaterThan(before);
    expect(await following.interrupt()).toBe(130);
  });

  test('config is docker-compose.yml, its secrets under a mask unless they are asked for', async () => {
    const generated = (await shell('cat /srv/datastore/data/site/.compose/password/site')).trim();
    const { stdout } = await operator.done('compose', name, 'config');
    expect(stdout).toContain('GENERATED: "***"');
    expect(stdout).not.toContain(generated);
    const shown = await operator.done('compose', name, 'config', '--show-secrets');
    expect(shown.stdout).toContain(`GENERATED: ${generated}`);
    expect(shown.stdout.trim()).toBe(await shell('cat /var/lib/myc-wf/compose/docker-compose.yml'));
  });

  test('doctor looks at the host as it is', async () => {
    const { stdout } = await operator.myc(['doctor']);
    expect(stdout).toMatch(new RegExp(`^✔ host ${name} answers, Docker \\d+\\.\\d+`, 'm'));
    expect(stdout).not.toMatch(new RegExp(`^✘ host ${name}:`, 'm'));
    await shell('systemctl stop docker.socket docker');
    const silent = await operator.myc(['doctor']);
    await shell('systemctl start docker');
    expect(silent.status).toBe(1);
    expect(silent.stdout).toContain(
      `✘ host ${name}: Docker does not answer\n  on the host: systemctl status docker\n`,
    );
  });

  test('postgres ls', async () => {
    expect((await operator.done('postgres', 'ls', name)).stdout).toMatch(
      /^postgres {2}postgres {2}postgres {2}[\d.]+ MB$/m,
    );
  });

  test('down and create: data stays', async () => {
    const down = await compose('down');
    expect(down.stdout).toContain('made 4 changes\n');
    expect(await states()).toEqual({});
    expect(await shell('ls /srv/datastore/data')).toContain('postgres');
    const created = await compose('create', 'site');
    expect(created.stdout).toBe('made 1 change\n  created site\n');
    expect(await states()).toEqual({ site: 'created' });
  });
});
