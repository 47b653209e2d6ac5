import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Lab, type LabHost, openLab } from '../lab/lab.js';
import { type Operator, openOperator } from './operator.js';

const name = 'vps64.lab';
const service = 'www.ticker.lab';
let lab: Lab;
let host: LabHost;
let operator: Operator;
let charms: string;

/** As charms of the seed's tool say it: a text, with the lock's options. */
const ticker = {
  'metadata.yml': `type: stub
uses:
  schedule-command:
    constraint: recommended
    auto: summon
    default-options: !var-expand
      (* * * * *) {-D -p 10} compose tick "$BASE_SERVICE_NAME" told
`,
  'actions/tick':
    '#!/bin/bash\n# compose: no-hooks\necho "a tick"\necho "$* $(nice) $(cat /var/lib/myc-wf/lock)" >>/root/ticks\nsleep 3\n',
};

beforeAll(async () => {
  charms = await mkdtemp(path.join(tmpdir(), 'house-charms-'));
  await mkdir(path.join(charms, 'ticker/actions'), { recursive: true });
  for (const [file, text] of Object.entries(ticker))
    await writeFile(path.join(charms, 'ticker', file), text, { mode: 0o755 });
  lab = await openLab({ hosts: 1 });
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

const shell = (command: string) => host.exec(['bash', '-c', command]);
const compose = (text: string) => host.exec(['tee', '/opt/apps/myc-deploy/compose.yml'], { input: text });
const saying = (options: string) =>
  compose(`${service}:\n  charm: ticker\n  relations: {schedule-command: ${options}}\ncron:\n`);
const ticks = () => shell('cat /root/ticks 2>/dev/null || true');
const cronFiles = () => shell('cat /etc/cron.d/myc-schedule-* 2>/dev/null || true');
const log = `/srv/datastore/data/cron/var/log/cron/${service}-tick_script.log`;
/** The line's own command, with cron's environment. */
const asCron = "$(sed -n 's/.* root //p' /etc/cron.d/myc-schedule-*)";
const fired = (command: string) =>
  host.exec(['env', '-i', 'HOME=/root', 'PATH=/usr/local/bin:/usr/bin:/bin', 'bash', '-c', command]);

test("what a charm schedules fires by the host's own cron, under the host's lock", async () => {
  await compose(`${service}:\n  charm: ticker\n`);
  expect((await operator.done('start', 'up', name)).stdout).toContain('created cron');
  await vi.waitFor(async () => expect(await ticks()).not.toBe(''), { timeout: 100_000, interval: 1000 });
  expect((await ticks()).split('\n')[0]).toBe(`told 10 compose tick ${service}`);
  await vi.waitFor(
    async () =>
      expect(await shell(`cat ${log}`)).toMatch(
        // It may fire while the operation that set it up still holds the host.
        /Z compose tick www\.ticker\.lab told\n(?:waiting for the host.*\n)*a tick\n.*Z compose tick www\.ticker\.lab told ended with 0$/,
      ),
    { timeout: 30_000 },
  );
});

test('it waits for who holds the host, and a run that is still going on is not doubled', async () => {
  // At its own times it does not run here any more.
  await saying(`{cron: '(0 4 1 1 *) {-D} compose tick ${service} other'}`);
  await operator.done('start', 'up', name);
  expect(await cronFiles()).toMatch(/^0 4 1 1 \* root /m);
  await shell(`rm -f /root/ticks ${log}`);
  await fired(`flock /var/lib/myc-wf/lock sleep 5 & sleep 1; ${asCron} & sleep 1; ${asCron}; wait`);
  expect(await shell(`cat ${log}`)).toMatch(/waiting for the host, held by [^]*ended with 0/);
  expect(await shell(`cat ${log}`)).toContain('left out: the last one still runs');
  expect(await ticks()).toBe(`other 0 compose tick ${service}`);
});

test('it runs while cron does, and as long as the relation is there', async () => {
  await operator.done('compose', name, 'stop', 'cron');
  await shell('rm -f /root/ticks');
  await fired(asCron);
  expect(await ticks()).toBe('');
  await operator.done('start', 'up', name);
  const before = (await cronFiles()).split(' root ')[1]!.trim();
  await fired(before);
  expect(await ticks()).toContain('other');
  await saying('[]');
  await operator.done('start', 'up', name);
  await shell('rm -f /root/ticks');
  await fired(before);
  expect(await ticks()).toBe('');
  await operator.done('start', 'up', name);
  expect(await cronFiles()).toBe('');
});

test('a command that is none is refused with its relation, and nothing of it reaches cron', async () => {
  await saying(`{cron: '(* * * * *) compose tick ${service}; touch /root/owned'}`);
  const refused = await operator.myc(['start', 'up', name]);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain(`the relation schedule-command of ${service} to cron`);
  expect(refused.stderr).toContain('a word holds letters, digits');
  expect(await cronFiles()).toBe('');
  expect(await shell('ls /root')).not.toContain('owned');
});

test('links of a service’s folders that lead to the host’s own: nothing is written or mounted through them', async () => {
  const folder = '/srv/datastore/config/cron/etc/cron.d';
  const jobs = 'options: {jobs: {tick: {schedule: "* * * * *", command: touch /tmp/x}}}';
  const host = () => shell('ls -lA --time-style=full-iso /etc/cron.d /etc | sha256sum');
  await compose(`cron:\n  ${jobs}\n`);
  await shell(`rm -rf ${folder} && ln -s /etc/cron.d ${folder}`);
  const before = await host();
  const refused = await operator.myc(['start', 'up', name]);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain(`${folder} is a link to /etc/cron.d`);
  expect(await host()).toBe(before);

  await shell(`rm ${folder} && ln -s /etc /srv/datastore/data/cron/etc`);
  await compose(
    `cron:\n  ${jobs}\n  docker-compose: {volumes: ['/srv/datastore/data/cron/etc/cron.d:/host']}\n`,
  );
  const mounted = await operator.myc(['start', 'up', name]);
  expect(mounted.status).toBe(1);
  expect(mounted.stderr).toContain('/srv/datastore/data/cron/etc is a link to /etc');
  await shell('rm /srv/datastore/data/cron/etc');
  await operator.done('start', 'up', name);
  expect(await host()).toBe(before);
  // What hooks write is there, and the container only reads it.
  expect(
    await shell('docker exec myc-cron-1 sh -c "cat /etc/cron.d/myc-tick; touch /etc/cron.d/x 2>&1" || true'),
  ).toMatch(/root touch \/tmp\/x\n.*Read-only file system/);
});
