import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ControlPlane, claimHost } from '../../activities/claim.js';
import { type SshRemote, sshRemote } from '../../activities/adapters/remote/ssh.js';
import { runJob } from '../../activities/run-job.js';
import { type Lab, type LabHost, openLab } from '../lab/lab.js';

const name = 'vps78.lab';
const laptop: ControlPlane = { id: '1111111111111111', name: 'laptop' };
const office: ControlPlane = { id: '2222222222222222', name: 'office' };
let lab: Lab;
let host: LabHost;
let remote: SshRemote;

const remoteOf = (controlPlane: string): SshRemote => {
  const { address, port, user, hostKey } = host;
  return sshRemote({
    name,
    address,
    port,
    user,
    identityFile: lab.identityFile,
    hostKeys: [hostKey],
    controlPlane,
  });
};
beforeAll(async () => {
  lab = await openLab({ hosts: 1 });
  host = await lab.fresh(name);
  remote = remoteOf(laptop.id);
});
afterAll(async () => {
  remote.close();
  await lab.destroy(name);
});

const claim = (by: ControlPlane, how: { dryRun?: boolean; takeover?: boolean } = {}) =>
  claimHost(remote, { host: name, dryRun: false, ...how }, by);
const record = async () =>
  (await host.exec(['sh', '-c', 'cat /var/lib/myc-wf/control-plane || true'])).split(' ')[0];
const job = (by: SshRemote) =>
  runJob(
    by,
    {
      operationId: '20261123T031500Z-k3x9qa',
      step: 'set-up',
      script: 'converge',
      libraries: ['files'],
      args: ['apply'],
    },
    () => undefined,
    new AbortController().signal,
  );
const refused = (by: RegExp) => ({
  type: 'HostManagedElsewhere',
  nonRetryable: true,
  message: expect.stringMatching(by) as string,
});

test('a plan claims nothing', async () => {
  expect(await claim(laptop, { dryRun: true })).toEqual({ left: [] });
  expect(await host.exec(['sh', '-c', 'ls /var/lib/myc-wf 2>&1 || true'])).toContain('No such file');
});

test('of several that claim a new host at once one gets it', async () => {
  const planes = Array.from({ length: 6 }, (_, i) => ({ id: `${i}`.repeat(16), name: `plane${i}` }));
  const claims = await Promise.allSettled(planes.map((one) => claim(one)));
  expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  const winner = claims.findIndex(({ status }) => status === 'fulfilled');
  expect(await record()).toBe(planes[winner]!.id);
  await host.exec(['rm', '/var/lib/myc-wf/control-plane']);
});

test('whoever manages a host does so again and again; another is refused, for a plan too, and its jobs', async () => {
  expect(await claim(laptop)).toEqual({ left: [] });
  expect(await claim(laptop)).toEqual({ left: [] });
  const message =
    /^vps78\.lab is managed by another control plane \(laptop, since \d{4}-\d\d-\d\dT.*Z\); use that one, or take the host over with --takeover$/;
  await expect(claim(office)).rejects.toMatchObject(refused(message));
  await expect(claim(office, { dryRun: true })).rejects.toMatchObject(refused(message));
  const other = remoteOf(office.id);
  await expect(job(other)).rejects.toMatchObject(refused(message));
  other.close();
  expect(await host.exec(['sh', '-c', 'ls /var/lib/myc-wf/jobs 2>&1 || true'])).toContain('No such file');
  expect(await job(remote)).toMatchObject({ exit: 0 });
});

test('a takeover is told whose it was; a plan of it takes nothing; then the first one is refused', async () => {
  const taken = { takenFrom: expect.stringMatching(/^laptop, since /) as string };
  expect(await claim(office, { takeover: true, dryRun: true })).toMatchObject(taken);
  expect(await record()).toBe(laptop.id);
  expect(await claim(office, { takeover: true })).toMatchObject(taken);
  expect(await claim(office, { takeover: true })).toEqual({ left: [] });
  expect(await record()).toBe(office.id);
  await expect(claim(laptop)).rejects.toMatchObject(refused(/\(office, since /));
  // The record of what it did before is not shown to it either.
  await expect(job(remote)).rejects.toMatchObject(refused(/\(office, since /));
});
