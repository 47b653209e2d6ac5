import { describe, expect, test } from 'vitest';
import { completed, operationId, record } from './recorder.js';

const startOf = async (line: string): Promise<unknown> => (await record(`start ${line}`.split(' '))).starts;

describe('a command line is exactly one workflow start', () => {
  test('deploy of one host, with its options', async () => {
    const options = '--domain lab.example.org --without-docker-clean --no-docker-restart -n --takeover -y';
    expect(await startOf(`deploy vps1.lab ${options}`)).toEqual([
      {
        workflowType: 'deploy',
        workflowId: 'host/vps1.lab',
        input: {
          operationId,
          host: 'vps1.lab',
          domain: 'lab.example.org',
          withoutDockerClean: true,
          noDockerRestart: true,
          dryRun: true,
          takeover: true,
          yes: true,
        },
        searchAttributes: { Host: 'vps1.lab', Operation: 'deploy' },
      },
    ]);
  });

  test('deploy of several hosts is a fleet', async () => {
    expect(await startOf('deploy vps1.lab vps2.lab --parallel 4')).toEqual([
      {
        workflowType: 'fleet',
        workflowId: `fleet/deploy/${operationId}`,
        input: {
          operationId,
          operation: 'deploy',
          inputs: [
            { operationId, host: 'vps1.lab' },
            { operationId, host: 'vps2.lab' },
          ],
          parallel: 4,
        },
        searchAttributes: { Operation: 'deploy' },
      },
    ]);
  });

  test('vps-setup takes the name out of [user@]host[:port]', async () => {
    expect(await startOf('vps-setup admin@vps1.lab:2222')).toMatchObject([
      { workflowType: 'vpsSetup', workflowId: 'host/vps1.lab', input: { operationId, host: 'vps1.lab' } },
    ]);
  });

  test('up with services', async () => {
    expect(await startOf('up vps1.lab apache www.example.org')).toMatchObject([
      { workflowType: 'up', workflowId: 'host/vps1.lab', input: { services: ['apache', 'www.example.org'] } },
    ]);
  });

  test('backup holds the ident, not the host', async () => {
    expect(await startOf('backup vps1.lab --allow-mass-deletion')).toMatchObject([
      { workflowType: 'backup', workflowId: 'backup/vps1.lab', input: { allowMassDeletion: true } },
    ]);
  });

  test('backup-install', async () => {
    expect(await startOf('backup-install myadmin@backup.lab:10023 vps1.lab --ident old.lab')).toMatchObject([
      {
        workflowType: 'backupInstall',
        workflowId: 'host/vps1.lab',
        input: { target: { admin: 'myadmin', host: 'backup.lab', port: 10023 }, ident: 'old.lab' },
      },
    ]);
  });

  test('recover of a whole host, of components and of a path', async () => {
    const target = { admin: 'myadmin', host: 'backup.lab', port: 10023 };
    expect(await startOf('recover myadmin@backup.lab#vps1.lab vps2.lab --unverified')).toEqual([
      {
        workflowType: 'recover',
        workflowId: 'host/vps2.lab',
        input: { operationId, host: 'vps2.lab', source: { target, ident: 'vps1.lab' }, unverified: true },
        searchAttributes: { Host: 'vps2.lab', Operation: 'recover' },
      },
    ]);
    expect(await startOf('recover myadmin@backup.lab#vps1.lab:odoo,apache vps2.lab')).toMatchObject([
      { input: { source: { components: ['odoo', 'apache'] } } },
    ]);
    expect(await startOf('recover myadmin@backup.lab#vps1.lab:/srv/a vps2.lab:/srv/b')).toMatchObject([
      { input: { source: { path: '/srv/a' }, destination: '/srv/b' } },
    ]);
  });

  test('recover-target', async () => {
    expect(await startOf('recover-target vps1.lab /srv/a /srv/b -n')).toMatchObject([
      {
        workflowType: 'recoverTarget',
        workflowId: 'host/vps1.lab',
        input: { source: '/srv/a', destination: '/srv/b', dryRun: true },
      },
    ]);
  });

  test('--wait starts a waiter', async () => {
    expect(await startOf('deploy vps1.lab --wait')).toEqual([
      {
        workflowType: 'waiter',
        workflowId: `wait/vps1.lab/${operationId}`,
        input: { operation: 'deploy', input: { operationId, host: 'vps1.lab' } },
        searchAttributes: { Host: 'vps1.lab', Operation: 'deploy' },
      },
    ]);
  });
});

describe('refused before anything is started', () => {
  test.each([
    [['deploy', 'vps1;reboot']],
    [['deploy', '$(id)']],
    [['deploy', 'vps1\nvps2']],
    [['deploy', '..']],
    [['deploy', '--', '-vps1']],
    [['deploy', 'vps1.lab', 'vps1.lab']],
    [['deploy', 'vps1.lab', 'vps2.lab', '--wait']],
    [['deploy', 'vps1.lab', '--domain', 'nodots']],
    [['up', 'vps1.lab', '-x;y']],
    [['up', 'vps1.lab', '../odoo']],
    [['backup-install', 'a@b.lab', 'vps1.lab', 'vps2.lab', '--ident', 'x.lab']],
    [['recover', 'a@b.lab', 'vps1.lab']],
    [['recover', 'a@b.lab#x.lab:/srv/../etc', 'vps1.lab']],
    [['recover', 'a@b.lab#x.lab', 'vps1.lab:/srv']],
    [['recover-target', 'vps1.lab', 'srv', '/srv']],
  ])('%j', async (words) => {
    const starts: unknown[] = [];
    const engine = { start: (request: unknown) => Promise.reject(new Error(String(starts.push(request)))) };
    await expect(record(['start', ...words], { engine })).rejects.toSatisfy(
      (error: Error) => error.name === 'BadInput' || error.name === 'CommanderError',
    );
    expect(starts).toEqual([]);
  });

  test('a host that is not in the inventory: 10, and how to add it', async () => {
    await expect(record(['start', 'deploy', 'vps9.lab'], { config: {} })).rejects.toMatchObject({
      exitCode: 10,
      message: 'vps9.lab is not in the inventory (/nowhere/config.yml)',
      next: 'myc-wf start vps-setup root@vps9.lab adds it',
    });
  });

  test('first contact without a terminal needs --host-key', async () => {
    await expect(record(['start', 'vps-setup', 'vps9.lab'], { config: {} })).rejects.toMatchObject({
      exitCode: 2,
      message: 'the key of vps9.lab is not known yet',
    });
  });
});

describe('what the other commands ask of Temporal', () => {
  test.each([
    [
      ['list', '--host', 'vps1.lab', '--limit', '5'],
      ['list', { host: 'vps1.lab', limit: 5 }],
    ],
    [
      ['schedule', 'trigger', 'vps1.lab'],
      ['triggerSchedule', 'schedule/backup/vps1.lab'],
    ],
    [
      ['schedule', 'pause', 'vps1.lab'],
      ['pauseSchedule', 'schedule/backup/vps1.lab', true],
    ],
    [
      ['schedule', 'resume', 'vps1.lab'],
      ['pauseSchedule', 'schedule/backup/vps1.lab', false],
    ],
  ])('%j', async (words, call) => {
    expect((await record(words)).calls).toEqual([call]);
  });

  test('what runs is cancelled; what is over is not, and that is said', async () => {
    const running = { look: () => Promise.resolve({ ...completed, status: 'running' as const }) };
    const { calls } = await record(['cancel', 'backup/vps1.lab'], { engine: running });
    expect(calls).toEqual([['cancel', 'backup/vps1.lab', 'r1']]);
    await expect(record(['cancel', 'vps1.lab'])).rejects.toMatchObject({
      exitCode: 10,
      message: 'vps1.lab is over (completed): there is nothing to stop',
    });
  });

  test('--detach prints the id; --json prints one document', async () => {
    const text = await record(['start', 'deploy', 'vps1.lab', '--detach']);
    expect(text.stdout).toBe('host/vps1.lab started; myc-wf follow vps1.lab\nhttp://ui/host/vps1.lab\n');
    const { stdout } = await record(['start', 'deploy', 'vps1.lab', '--detach', '--json']);
    expect(JSON.parse(stdout)).toEqual({
      workflowId: 'host/vps1.lab',
      runId: 'r1',
      operationId,
      uiUrl: 'http://ui/host/vps1.lab',
    });
  });

  test('a followed run ends with its result, and a fleet with its exit code', async () => {
    const one = await record(['start', 'deploy', 'vps1.lab']);
    expect(one.stdout).toBe('already right\n');
    expect(one.exitCode).toBe(0);
    const hosts = [
      { host: 'vps1.lab', ok: true, changed: [], summary: 'already right' },
      { host: 'vps2.lab', ok: false, changed: [], summary: 'unreachable' },
    ];
    const fleet = await record(['follow', `fleet/deploy/${operationId}`], {
      engine: { result: () => Promise.resolve({ hosts }) },
    });
    expect(fleet.stdout).toBe('✔  vps1.lab  already right\n✘  vps2.lab  unreachable\n');
    expect(fleet.exitCode).toBe(3);
  });
});
