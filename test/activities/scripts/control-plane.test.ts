import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ControlPlane, claimHost } from '../../../activities/claim.js';
import { FakeHost } from './fake-host.js';

const laptop: ControlPlane = { id: '1111111111111111', name: 'laptop' };
const office: ControlPlane = { id: '2222222222222222', name: 'office' };
const whole = `${laptop.id} laptop 2026-11-20T10:00Z\n`;
let host: FakeHost;
let record: string;
beforeEach(() => {
  host = new FakeHost();
  record = path.join(host.root, 'control-plane');
  mkdirSync(host.root);
});
afterEach(async () => {
  await host.idle();
  host.remove();
});

const claim = (by: ControlPlane, how: { dryRun?: boolean; takeover?: boolean } = {}) =>
  claimHost(host.remote(by.id), { host: 'vps1', dryRun: false, ...how }, by);
const job = (by: ControlPlane) =>
  host.job({ operationId: '20261123T031500Z-k3x9qa', step: 'data' }, 'true', by.id).ended;

const faults: [why: string, put: () => void][] = [
  ['is empty', () => writeFileSync(record, '')],
  ['is damaged', () => writeFileSync(record, '\0'.repeat(40))],
  ['is damaged', () => writeFileSync(record, '\n')],
  ['is damaged', () => writeFileSync(record, whole.slice(0, -3))],
  ['is damaged', () => writeFileSync(record, whole + whole)],
  ['is damaged', () => writeFileSync(record, `${laptop.id}\n`)],
  ['is damaged', () => writeFileSync(record, `${laptop.id} \u001b[2J 2026-11-20T10:00Z\n`)],
  ['is a link', () => symlinkSync('nowhere', record)],
  [
    'is a link',
    () => {
      writeFileSync(path.join(host.root, 'other'), whole);
      symlinkSync('other', record);
    },
  ],
  ['is not a regular file', () => mkdirSync(record)],
  [
    'does not belong to root',
    () => {
      writeFileSync(record, whole);
      chownSync(record, 65534, 65534);
    },
  ],
];

describe.each(faults)('a record that %s (%#)', (why, put) => {
  const refused = {
    type: 'ControlPlaneUnclear',
    nonRetryable: true,
    message: expect.stringMatching(
      new RegExp(`^vps1 cannot say which control plane manages it: .*${why}; .* --takeover`),
    ) as string,
  };

  test('lets no control plane in, and none of its jobs', async () => {
    put();
    await expect(claim(laptop)).rejects.toMatchObject(refused);
    await expect(claim(laptop, { dryRun: true })).rejects.toMatchObject(refused);
    await expect(job(laptop)).rejects.toMatchObject(refused);
    expect(existsSync(path.join(host.root, 'jobs'))).toBe(false);
  });

  test('is mended by a takeover, which says so', async () => {
    put();
    const taken = { takenFrom: `an unknown control plane: its record ${why}` };
    expect(await claim(office, { takeover: true })).toMatchObject(taken);
    expect(readFileSync(record, 'utf8')).toMatch(/^2{16} office 20\d\d-.*Z\n$/);
    expect(lstatSync(record).isFile()).toBe(true);
    expect(await claim(office)).toEqual({ left: [] });
    expect((await job(office)).exit).toBe(0);
  });
});

test('a record that cannot be written claims nothing, and leaves none that is empty', () => {
  // As on a full disk: nothing can be written to a file.
  const full = "trap '' XFSZ; ulimit -f 0\n";
  for (const how of ['claim', 'takeover']) {
    const done = host.run(['lib/files', 'lib/records', 'claim'], [how, laptop.id, 'laptop'], '', full);
    expect(done.status).not.toBe(0);
    expect(readdirSync(host.root)).toEqual([]);
  }
});

test('a record is on the disk before it is in its place, and its name after that', () => {
  for (const name of ['sync', 'mv', 'ln'])
    host.program(
      name,
      `#!/bin/bash\necho "${name} \${!#}" >>"$FAKE/calls"\nPATH=/usr/bin:/bin exec ${name} "$@"\n`,
    );
  const names = ['lib/files', 'lib/records', 'claim'];
  expect(host.run(names, ['claim', laptop.id, 'laptop']).status).toBe(0);
  const calls = () =>
    readFileSync(path.join(host.folder, 'calls'), 'utf8')
      .replaceAll(host.root, '')
      .replaceAll(/\.myc-wf\.\w+/g, 'NEW');
  expect(calls()).toMatch(/^sync \/NEW\n(.*\n)*ln \/control-plane\nsync \n$/);
  expect(host.run(names, ['takeover', office.id, 'office']).stdout).toMatch(/^other laptop /);
  expect(calls()).toMatch(/sync \/NEW\nmv \/control-plane\nsync \n$/);
});

test.each(['', '\0\0\0', 'garbage\n'])(
  'a job whose exit code is %j after a power cut has not ended',
  async (text) => {
    writeFileSync(record, whole);
    expect(await job(laptop)).toMatchObject({ exit: 0, ranNow: true });
    expect(await job(laptop)).toMatchObject({ exit: 0, ranNow: false });
    await host.idle();
    const jobs = path.join(host.root, 'jobs');
    writeFileSync(path.join(jobs, readdirSync(jobs)[0]!, 'exit'), text);
    expect(await job(laptop)).toMatchObject({ exit: 0, ranNow: true });
  },
);
