import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Config } from '../../client/config/schema.js';
import { fingerprintOf } from '../../client/first-contact.js';
import { type Lab, type LabHost, openLab } from '../lab/lab.js';
import { type Operator, type RunningUp, openOperator } from './operator.js';

const name = 'vps61.lab';
let lab: Lab;
let host: LabHost;
let operator: Operator;
let up: RunningUp;

beforeAll(async () => {
  lab = await openLab({ hosts: 1 });
  host = await lab.fresh(name);
  operator = await openOperator(lab, { configure: keyForgotten });
  up = await operator.up();
}, 600_000);
afterAll(async () => {
  await operator.close();
  await lab.destroy(name);
});

/** The host is in the inventory, and nobody has seen its key yet. */
function keyForgotten(config: Config): Config {
  const { address, user, 'identity-file': key } = config.hosts![name]!;
  return { ...config, hosts: { [name]: { address, user, 'identity-file': key } } };
}

test('first contact pins the key that is given, vps-setup is done, and again there is nothing to change', async () => {
  const { configFile } = operator;
  const setUp = (...options: string[]) => operator.myc(['start', 'vps-setup', name, ...options]);
  expect(await setUp()).toMatchObject({ status: 2 });
  const wrong = await setUp('--host-key', `SHA256:${'A'.repeat(43)}`);
  expect(wrong).toMatchObject({ status: 4 });
  expect(wrong.stderr).toContain(fingerprintOf(host.hostKey));
  expect(await host.exec(['hostname'])).toBe(name);

  // The worker runs already: it learns of the host by reading its configuration again.
  const first = await setUp('--host-key', fingerprintOf(host.hostKey), '--domain', 'www.example.org');
  expect(first).toMatchObject({ status: 0 });
  expect(first.stderr).toContain(`${name} is in ${configFile}, its key pinned`);
  expect(first.stdout).toContain('named the host www.example.org');
  expect(await readFile(configFile, 'utf8')).toContain(host.hostKey);
  expect(await host.exec(['hostname'])).toBe('www.example.org');

  const again = await setUp('--domain', 'www.example.org');
  expect(again).toMatchObject({ status: 0, stdout: 'nothing to change\n' });
});

test('up ends at Ctrl-C, although it held connections to hosts', async () => {
  expect(await up.stop()).toBe(0);
  expect(await operator.myc(['status'])).toMatchObject({ status: 4 });
});
