import { describe, expect, test } from 'vitest';
import type { Remote } from '../../activities/adapters/remote/remote.js';
import { cutoffState } from '../../activities/cutoff.js';
import { readJobLogs } from '../../activities/job-logs.js';
import { judge } from '../../client/doctor/hosts.js';
import { judgeTarget } from '../../client/doctor/targets.js';
import type { Listed } from '../../client/engine.js';
import { parseDatabaseName } from '../../workflows/contract/names.js';
import { completed, record } from './recorder.js';

/** A host that answers each script with these lines. */
const answering = (answers: Record<string, string>): Remote => ({
  name: 'vps1.lab',
  exec: (argv, options) => {
    const stdout = Object.entries(answers).find(([word]) => argv.join(' ').includes(word))?.[1] ?? '';
    if (options?.onLine !== undefined) stdout.split('\n').filter(Boolean).forEach(options.onLine);
    return Promise.resolve({ exit: 0, stdout, stderr: '' });
  },
  openUnixSocket: () => Promise.reject(new Error('no socket')),
});
const hostsOf = (answers: Record<string, string>) => ({ host: () => Promise.resolve(answering(answers)) });
const one = (where: string) => `1 name is left out, since what ${where} says there is none\n`;

describe('a name that is none is left out, and whoever looks is told', () => {
  test('services and containers of compose HOST ps', async () => {
    const line = (Service: string, Name: string) =>
      JSON.stringify({ Service, Name, State: 'running', Status: 'Up', Health: '', Publishers: [] });
    const hosts = hostsOf({
      'services-state.sh': 'service web\nservice $(id)\ncontainer web running\n',
      'ps --all': `${line('web', 'myc-web-1')}\n${line('web', '$(id)')}\n`,
    });
    const { stdout, stderr } = await record(['compose', 'vps1.lab', 'ps'], { hosts });
    expect(stdout).toBe('web  myc-web-1  Up\n');
    expect(stderr).toBe(one('vps1.lab').repeat(2));
    await expect(record(['compose', 'vps1.lab', 'logs', 'x'], { hosts })).rejects.toMatchObject({
      next: expect.not.stringContaining('$(id)') as string,
    });
  });

  test('addresses of containers', async () => {
    const answer =
      'web myc-web-1 net 172.18.0.2 -\nweb $(id) net 172.18.0.3 -\nweb myc-web-2 net ;id fd00::2\n';
    const { stdout, stderr } = await record(['ip', 'vps1.lab'], {
      hosts: hostsOf({ 'container-ips.sh': answer }),
    });
    expect(stdout).toBe('web  172.18.0.2  net  myc-web-1\nweb  fd00::2     net  myc-web-2\n');
    expect(stderr).toBe(one('vps1.lab'));
  });

  test('databases: what can be seen is a name', async () => {
    const rows = ['shop', 'Größe 2', 'a\u202eb', 'a\u001b[2J', 'x'.repeat(64)].map((name) => ({
      ...{ name, owner: 'o', bytes: 1e6, encoding: 'UTF8' },
    }));
    const { stdout, stderr } = await record(['postgres', 'ls', 'vps1.lab'], {
      hosts: hostsOf({ 'postgres-ls.sh': `postgres ${JSON.stringify(rows)}\n` }),
    });
    expect(stdout).toBe('postgres  shop     o  1.0 MB\npostgres  Größe 2  o  1.0 MB\n');
    expect(stderr).toBe('3 names are left out, since what vps1.lab says there are none\n');
    expect(() => parseDatabaseName('a\u2028b')).toThrow('is not the name of a database');
  });

  test('runs and schedules that somebody else started', async () => {
    const run = (workflowId: string, type = 'deploy'): Listed => ({ ...completed, workflowId, type });
    const list = () => Promise.resolve([run('host/vps1.lab'), run('host/$(id)'), run('host/a', 'b;c')]);
    const listed = await record(['list'], { engine: { list } });
    expect(listed.stdout).toMatch(/^completed  deploy  host\/vps1\.lab .*\n$/);
    expect(listed.stderr).toBe('2 names are left out, since what Temporal says there are none\n');
    const { stdout } = await record(['schedule', 'list'], {
      engine: {
        listSchedules: () =>
          Promise.resolve([
            { id: 'schedule/backup/vps1.lab', paused: false },
            { id: '$(id)', paused: false },
          ]),
      },
    });
    expect(stdout).toBe('schedule/backup/vps1.lab  next unknown  never ran\n');
  });
});

test('what is no JSON, or of another form, is one clear error', async () => {
  for (const answer of ['postgres hello\n', 'postgres {}\n', '\n;\n']) {
    const hosts = hostsOf({ 'postgres-ls.sh': answer });
    await expect(record(['postgres', 'ls', 'vps1.lab'], { hosts }), answer).rejects.toMatchObject({
      message: 'what postgres on vps1.lab says cannot be understood',
    });
  }
});

test('ports and containers that are cut off go into a line that a person pastes', async () => {
  const remote = answering({
    'cutoff-look.sh': 'docker\nport 25\nport $(id)\nport 99999\nuncovered web-1\nuncovered $(id)\n',
  });
  const state = await cutoffState(remote, 'vps1.lab', new AbortController().signal);
  expect(state).toEqual({ ports: [25], uncovered: ['web-1'], holds: true });
});

test('a backup target whose answer would make a command that a person pastes is not understood', () => {
  const answer = (ident: string, key: string, expires = '202611240315Z') =>
    judgeTarget(
      ...([
        'b.lab:10023',
        'me',
        JSON.stringify({ idents: [{ ident, read: [{ key, expires }] }] }),
        false,
      ] as const),
    );
  expect(answer('vps1.lab', 'ssh-ed25519 AAAA restore')[1]?.next).toBe(
    'remove it there: ssh-key rm vps1.lab ssh-ed25519 AAAA',
  );
  for (const hostile of [
    answer('$(id)', 'ssh-ed25519 AAAA'),
    answer('vps1.lab', 'ssh-ed25519 $(id)'),
    answer('vps1.lab', '`id` AAAA'),
    answer('vps1.lab', 'ssh-ed25519 AAAA', '$(id)'),
  ])
    expect(hostile).toMatchObject([{ ok: false, what: expect.stringContaining('in other words') as string }]);
});

test('numbers of a host that are none are told as that', () => {
  const said = judge('vps1.lab', 'clock x\ndisk / a b\ndocker $(id)\nstages $(id)\n', 0, 0);
  expect(said.map(({ what }) => what)).toEqual([
    'host vps1.lab answers, Docker of an unknown version',
    'host vps1.lab: what it says of its clock cannot be understood',
    'host vps1.lab: what it says of its disk cannot be understood',
  ]);
});

test('what lies beside the records of jobs and bears no name of one is no job', async () => {
  const key = '20261123T031500Z-k3x9qa.compose-ready.-.0123456789abcdef';
  const remote = answering({
    'job-logs.sh': `job ${key} 100\nexit 0 110\noutput one\nread 4\njob $(id).x.y.z 1\noutput evil\njob ${key.replace('ready', 'x;id')} 1\nread $(id)\n`,
  });
  expect(await readJobLogs(remote, {})).toEqual([
    {
      ...{ key, operationId: key.slice(0, 23), step: 'compose-ready', subject: '', state: 'ended', exit: 0 },
      ...{ startedAtMs: 100_000, endedAtMs: 110_000, lines: ['one'], offset: 4 },
    },
  ]);
});
