import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Lab, type LabHost, openLab } from '../lab/lab.js';
import { run } from '../lab/run.js';
import { type Operator, type Outcome, openOperator } from './operator.js';

/** One host of the lab under several names, each with something wrong; and an address that nobody has. */
let lab: Lab;
let host: LabHost;
let operator: Operator;
let toNobody: Promise<Outcome>;

beforeAll(async () => {
  lab = await openLab({ hosts: 1 });
  host = await lab.host('vps1.lab');
  const { hostKey: another } = await lab.host('backup.lab');
  const stranger = path.join(path.dirname(lab.identityFile), 'git_ed25519');
  operator = await openOperator(lab, {
    configure: (config) => {
      const right = config.hosts![host.name]!;
      const hosts = {
        'right.lab': right,
        'changed.lab': { ...right, 'host-keys': [another] },
        'refused.lab': { ...right, 'identity-file': stranger },
        'unpinned.lab': { ...right, 'host-keys': [] },
        'nobody.lab': { ...right, address: host.address.replace(/\d+$/, '240') },
        'silent.lab': { ...right, port: 24 },
      };
      return { ...config, hosts };
    },
  });
  await operator.up();
  // It takes its minute beside the other tests.
  toNobody = operator.myc(['start', 'deploy', 'nobody.lab', 'silent.lab', 'right.lab', '--dry-run']);
});
afterAll(() => operator.close());

test.each([
  ['changed.lab', 'changed.lab showed another host key than the pinned one (ssh-ed25519 SHA256:'],
  ['refused.lab', 'refused.lab cannot be entered as root: it refused the key; put the right identity-file'],
  [
    'unpinned.lab',
    'unpinned.lab has no pinned host key that can be used; run `myc-wf start vps-setup unpinned.lab`',
  ],
])('%s: refused for good at the first try, with exit code 4', async (name, why) => {
  for (const words of [['deploy'], ['up'], ['backup']]) {
    const refused = await operator.myc(['start', ...words, name]);
    expect(refused).toMatchObject({ status: 4, stdout: '' });
    expect(refused.stderr).toContain(why);
  }
});

test('a host key that changed is shown, so that it can be compared', async () => {
  const refused = await operator.myc(['start', 'deploy', 'changed.lab']);
  const file = path.join(operator.folder, 'key.pub');
  const { stdout } = await run(['bash', '-c', `echo '${host.hostKey}' >${file} && ssh-keygen -lf ${file}`]);
  expect(refused.stderr).toContain(stdout.split(' ')[1]);
});

test('hosts that cannot be reached end with 4 after a while, and of several the others are done', async () => {
  const fleet = await toNobody;
  expect(fleet, fleet.stderr).toMatchObject({ status: 3 });
  expect(fleet.stdout).toMatch(/✘ {2}nobody\.lab +nobody\.lab cannot be reached: .*nothing was begun/);
  expect(fleet.stdout).toMatch(/✘ {2}silent\.lab +silent\.lab cannot be reached: .*ECONNREFUSED/);
  expect(fleet.stdout).toMatch(/✔ {2}right\.lab +would make/);
  const seen = JSON.parse((await operator.done('--json', 'list', '--host', 'silent.lab')).stdout) as object[];
  expect(seen).toMatchObject([{ status: 'failed' }]);
  expect(await operator.myc(['result', 'silent.lab'])).toMatchObject({ status: 4 });
});
