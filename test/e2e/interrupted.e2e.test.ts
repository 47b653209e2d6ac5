import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../../client/connect.js';
import { type Lab, type LabHost, openLab } from '../lab/lab.js';
import { type Operator, type RunningUp, openOperator } from './operator.js';
import { until } from './until.js';

/** One bare host: each test interrupts its deploy in another way, and the next one goes on from there. */
const name = 'vps63.lab';
let lab: Lab;
let host: LabHost;
let operator: Operator;
let up: RunningUp;

beforeAll(async () => {
  lab = await openLab({ hosts: 1 });
  host = await lab.fresh(name);
  operator = await openOperator(lab);
  up = await operator.up();
});
afterAll(async () => {
  await operator.close();
  await lab.destroy(name);
});

/** On the host, past the network. */
const shell = async (command: string) => (await host.exec(['bash', '-c', command])).trim();
const units = () => shell('systemctl list-units --no-legend --plain "myc-*" | cut -d" " -f1');
/** How often the job of a unit was started since the host booted. */
const starts = (unit: string) => shell(`journalctl -b -o cat -u ${unit} | grep -c '^Started'`);
const deploy = (...options: string[]) => operator.done('start', 'deploy', name, ...options);

/**
 * Starts a deploy and waits until its job is in the middle of apt; the unit's name. Beside it the one of the charms may wait for the
 * host, when it came second.
 */
async function deployInTheMiddle(): Promise<string> {
  await deploy('--detach');
  let unit: string | undefined;
  await until('apt-get installs', async () => {
    unit = /^myc-.*\.compose-ready\..*$/m.exec(await units())?.[0];
    return unit !== undefined && (await shell('pgrep -cx dpkg || true')) !== '0';
  });
  return unit!;
}
/** Settings are whole or not there. */
const daemonSettings = () =>
  shell('f=/etc/docker/daemon.json; if [ -e $f ]; then cat $f; else echo "{}"; fi');

test('a busy host refuses what else is started, and says what runs since when', async () => {
  await deployInTheMiddle();
  for (const words of [['vps-setup'], ['up'], ['deploy']]) {
    const refused = await operator.myc(['start', ...words, name]);
    expect(refused).toMatchObject({ status: 11, stdout: '' });
    expect(refused.stderr).toMatch(
      /^error: vps63\.lab is busy: deploy, started \d\d:\d\d; myc-wf follow vps63\.lab\n {2}add --wait/,
    );
  }
});

test('a cancelled deploy stops its job, and says so', async () => {
  await operator.done('cancel', name);
  const ended = await operator.myc(['result', name]);
  expect(ended).toMatchObject({ status: 1, stderr: expect.stringContaining('cancelled') as string });
  expect(await units()).toBe('');
  expect(JSON.parse(await daemonSettings())).toBeTypeOf('object');
});

test('what a terminated deploy left running is stopped by the next operation, which says so', async () => {
  const left = await deployInTheMiddle();
  const temporal = await connect(operator.settings, {});
  await temporal.client.workflow.getHandle(`host/${name}`).terminate('in the UI');
  await temporal.close();
  expect(await units()).toContain(left);

  const next = await operator.done('start', 'vps-setup', name);
  expect(next.stdout).toMatch(/stopped what still ran of an earlier operation: compose-ready \(\d{8}T.*\)/);
  expect(await units()).toBe('');
});

test('the worker is killed in the middle of a deploy, and started again: its job ran once, and all is there', async () => {
  const unit = await deployInTheMiddle();
  await up.kill9();
  expect(await units()).toContain(unit);
  up = await operator.up();
  const ended = await operator.done('result', name);
  expect(ended.stdout).toContain('docker.io');
  expect(await starts(unit)).toBe('1');
  expect(await shell('docker compose version --short')).toMatch(/^\d/);
  expect(await shell('dpkg --audit')).toBe('');
  expect(JSON.parse(await daemonSettings())).toHaveProperty('live-restore', true);
  expect((await deploy()).stdout).toBe('nothing to change\n');
});

test('the Temporal server is killed while a job waits, and comes back: the command that follows ends well', async () => {
  await shell('apt-get remove -qqy jq >/dev/null');
  await shell('nohup flock /var/lib/myc-wf/lock sleep 20 >/dev/null 2>&1 & sleep 0.2');
  const following = operator.myc(['start', 'deploy', name]);
  await until('the job waits', async () => (await units()) !== '');
  const unit = await units();
  await up.killServer9();
  const ended = await following;
  expect(ended).toMatchObject({ status: 0, stdout: expect.stringContaining('installed jq') as string });
  expect(up.said()).toContain('the Temporal server ended: starting it again');
  expect(await starts(unit)).toBe('1');
  expect((await deploy()).stdout).toBe('nothing to change\n');
});
