import { describe, expect, test } from 'vitest';
import type { Remote } from '../../activities/adapters/remote/remote.js';
import { localRemote } from '../../activities/adapters/remote/local.js';
import { hostUnreachable } from '../../activities/failures.js';
import { judge } from '../../client/doctor/hosts.js';
import { judgeTarget } from '../../client/doctor/targets.js';
import { record } from './recorder.js';

const now = Date.parse('2026-11-23T03:15:00Z');
const healthy = `clock ${now / 1000}\ndisk / 50000000 100000000\ndocker 26.1.5\nstages 0\n`;
const said = (change: (text: string) => string, at = now) =>
  judge('vps1.lab', change(healthy), at, at).map(({ ok, what, next }) => [ok, what, next]);

describe('what a host says of itself', () => {
  test('nothing to do', () => {
    expect(said((text) => text)).toEqual([[true, 'host vps1.lab answers, Docker 26.1.5', undefined]]);
  });
  test.each([
    [(text: string) => text.replace('50000000 ', '900000 '), 'are free of 102 GB on /'],
    [(text: string) => text.replace('50000000 ', '9000000 '), '9.2 GB are free of 102 GB on /'],
    [(text: string) => text.replace('docker 26.1.5', 'docker-silent'), 'Docker does not answer'],
    [(text: string) => text.replace(`${now / 1000}`, `${now / 1000 - 90}`), 'its clock is 90 s behind'],
    [(text: string) => text.replace(`${now / 1000}`, `${now / 1000 + 90}`), 'its clock is 90 s ahead'],
  ])('%#: %s is not ok, with what to do', (change, what) => {
    const [, wrong, ...more] = said(change);
    expect(more).toEqual([]);
    expect(wrong).toEqual([false, expect.stringContaining(what), expect.any(String)]);
  });
  test('a host that is not deployed, and what a recovery left, are notes', () => {
    const checks = judge(
      'vps1.lab',
      healthy.replace('docker 26.1.5', 'no-docker').replace('stages 0', 'stages 2'),
      now,
      now,
    );
    expect(checks.every(({ ok }) => ok)).toBe(true);
    expect(checks.filter(({ note }) => note).map(({ what }) => what)).toEqual([
      'host vps1.lab has no Docker yet',
      expect.stringContaining('2 unfinished recovery') as string,
    ]);
  });
});

const keys = (read: object[]) =>
  JSON.stringify({ idents: [{ ident: 'vps1.lab', push: ['ssh-ed25519 AAAA'], read }] });

describe('what a backup target says', () => {
  const left = keys([{ expires: '202611240315Z', key: 'ssh-ed25519 BBBB restore' }]);
  test('a restore key that is left is named, with the words that remove it; not while a recovery runs', () => {
    expect(judgeTarget('b.lab:10023', 'me', left, false)[1]).toEqual({
      ok: false,
      what: 'backup target b.lab:10023: a recovery left its key, which reads the mirror of vps1.lab until 2026-11-24 03:15 UTC',
      next: 'remove it there: ssh-key rm vps1.lab ssh-ed25519 BBBB',
    });
    expect(judgeTarget('b.lab:10023', 'me', left, true).map(({ ok }) => ok)).toEqual([true]);
    expect(judgeTarget('b.lab:10023', 'me', keys([]), false).map(({ ok }) => ok)).toEqual([true]);
  });
  test('what is no answer of its charm', () => {
    expect(judgeTarget('b.lab:10023', 'me', 'hello', false)).toMatchObject([{ ok: false }]);
  });
});

const config = {
  hosts: { 'vps1.lab': { 'host-keys': ['k'] }, 'vps2.lab': { 'host-keys': ['k'] }, 'vps3.lab': {} },
  'backup-targets': { 'b.lab:10023': { admin: 'me', 'host-keys': ['k'] } },
};

test('each host and target is asked; who does not answer is told, and the others all the same', async () => {
  const target: Remote = {
    exec: () => Promise.resolve({ exit: 0, stdout: keys([]), stderr: '' }),
    openUnixSocket: () => Promise.reject(new Error()),
  };
  const { stdout, exitCode } = await record(['doctor'], {
    config,
    hosts: {
      // Really looked at: this machine.
      host: (name) =>
        name === 'vps1.lab'
          ? Promise.resolve(localRemote(name))
          : Promise.reject(hostUnreachable(name, 'connection refused')),
      backupTarget: () => Promise.resolve(target),
    },
    engine: {
      listSchedules: () =>
        Promise.resolve([
          { id: 'schedule/backup/vps1.lab', paused: false },
          { id: 'schedule/backup/lost.lab', paused: true },
          { id: 'schedule/backup/vps2.lab', paused: true, note: 'recovered to vps3.lab (20261130T0-aaaaaa)' },
        ]),
    },
  });
  expect(exitCode).toBe(1);
  expect(stdout).toContain('host vps1.lab answers');
  expect(stdout).toContain('✘ vps2.lab cannot be reached: connection refused\n');
  expect(stdout).toContain('✘ host vps3.lab has no pinned key\n  myc-wf start vps-setup vps3.lab\n');
  expect(stdout).toContain('✔ backup target b.lab:10023 answers, 1 mirror\n');
  expect(stdout).toContain('! the backups of lost.lab are paused, and it is not in the inventory any more\n');
  expect(stdout).toContain(
    '! the backups of vps2.lab are paused (recovered to vps3.lab (20261130T0-aaaaaa))\n  myc-wf schedule resume vps2.lab when it is there again',
  );
  expect(stdout).not.toContain('backups of vps1.lab');
});
