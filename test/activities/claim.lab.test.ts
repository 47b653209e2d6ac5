import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ControlPlane, claimHost } from '../../activities/claim.js';
import { type SshRemote, sshRemote } from '../../activities/adapters/remote/ssh.js';
import { runJobFrom, stopByPrefix } from '../../activities/run-job.js';
import type { OperationId } from '../../workflows/contract/names.js';
import { type Lab, type LabHost, openLab } from '../lab/lab.js';

const name = 'vps78.lab';
const laptop: ControlPlane = { id: '1111111111111111', name: 'laptop' };
const office: ControlPlane = { id: '2222222222222222', name: 'office' };
let lab: Lab;
let host: LabHost;
let remote: SshRemote;
let folder: string;

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
  folder = await mkdtemp(join(tmpdir(), 'myc-scripts-'));
});
afterAll(async () => {
  remote.close();
  await lab.destroy(name);
  await rm(folder, { recursive: true });
});

const claim = (by: ControlPlane, how: { dryRun?: boolean; takeover?: boolean } = {}) =>
  claimHost(remote, { host: name, dryRun: false, ...how }, by);
const record = async () =>
  (await host.exec(['sh', '-c', 'cat /var/lib/myc-wf/control-plane || true'])).split(' ')[0];
const job = async (by: SshRemote, operationId = '20261123T031500Z-k3x9qa', text = 'true') => {
  await writeFile(join(folder, 'script.sh'), `${text}\n`);
  const request = { operationId, step: 'set-up', script: 'script' };
  const { signal } = new AbortController();
  return runJobFrom(pathToFileURL(`${folder}/`), by, request, () => undefined, signal);
};
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

test('a terminated operation begins no job of its own once the next one looked, with the real systemd too', async () => {
  const claimFor = (id: string, scheduledMs: number) =>
    claimHost(remote, { host: name, dryRun: false }, laptop, {
      operation: { id: id as OperationId, word: 'deploy', scheduledMs },
    });
  const [ended, next] = ['20261123T031500Z-aaaaaa', '20261123T031500Z-bbbbbb'] as const;
  await claimFor(ended, 1000);
  const running = job(remote, ended, 'sleep 60');
  const runs = () => host.exec(['sh', '-c', 'systemctl list-units --no-legend --plain "myc-*"']);
  while (!(await runs()).includes(ended)) await sleep(100);
  const { left } = await claimFor(next, 2000);
  expect(left.map(({ key }) => key.startsWith(ended))).toEqual([true]);
  await stopByPrefix(remote, left[0]!.key);
  expect((await running).exit).toBe(143);
  await expect(job(remote, ended)).rejects.toMatchObject({ type: 'HostHeldByLater' });
  await expect(claimFor(ended, 1500)).rejects.toMatchObject({ type: 'HostHeldByLater' });
  expect((await job(remote, next)).exit).toBe(0);
  // As systemd would run it for somebody who was killed.
  const late = `bash /var/lib/myc-wf/jobs/${left[0]!.key}/job.sh wrap ${left[0]!.key}; echo "exit $?"`;
  await host.exec(['rm', `/var/lib/myc-wf/jobs/${left[0]!.key}/exit`]);
  await host.exec(['touch', `/var/lib/myc-wf/jobs/${left[0]!.key}/input`]);
  expect(await host.exec(['sh', '-c', late])).toBe('exit 143');
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
