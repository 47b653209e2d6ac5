import { describe, expect, test } from 'vitest';
import type { Remote } from '../../activities/adapters/remote/remote.js';
import { record } from './recorder.js';

/** A host that says what `up` wrote there and what runs, and records what it is asked. */
function host(answers: Record<string, string> = {}) {
  const asked: (readonly string[])[] = [];
  const remote: Remote = {
    name: 'vps1.lab',
    exec: (argv, options) => {
      asked.push(argv);
      const words = argv.join(' ');
      const [, answer = ''] = Object.entries(answers).find(([word]) => words.includes(word)) ?? [];
      const stdout = words.includes('services-state.sh')
        ? 'service web\nservice door\ncontainer web running\n'
        : answer;
      if (options?.onLine !== undefined) stdout.split('\n').filter(Boolean).forEach(options.onLine);
      return Promise.resolve({ exit: 0, stdout, stderr: '' });
    },
    openUnixSocket: () => Promise.reject(new Error('no socket')),
  };
  const attached: (readonly string[])[] = [];
  const terminal = {
    ...remote,
    attach: (argv: readonly string[]) => {
      attached.push(argv);
      return Promise.resolve(7);
    },
  };
  const hosts = { host: () => Promise.resolve(remote), terminal: () => Promise.resolve(terminal) };
  return { asked, attached, hosts };
}

const composed = [
  ...['env', '-i', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root'],
  ...['docker', 'compose', '--project-name', 'myc', '--project-directory', '/var/lib/myc-wf/compose'],
  ...['--file', '/var/lib/myc-wf/compose/docker-compose.yml'],
];

describe('what changes the host is a workflow under its lock', () => {
  test.each(['down', 'stop', 'start', 'restart', 'create'])('%s', async (action) => {
    const { starts, exitCode } = await record(['compose', 'vps1.lab', action, 'web', 'door', '--detach']);
    expect(exitCode).toBe(0);
    expect(starts).toMatchObject([
      {
        workflowType: 'compose',
        workflowId: 'host/vps1.lab',
        input: { host: 'vps1.lab', action, services: ['web', 'door'] },
        searchAttributes: { Host: 'vps1.lab', Operation: 'compose' },
      },
    ]);
  });
  test('up is the same as start up', async () => {
    const words = ['vps1.lab', 'web', '--dry-run', '--detach'];
    const [host, ...rest] = words;
    const composed = await record(['compose', host!, 'up', ...rest]);
    expect(composed.starts).toEqual((await record(['start', 'up', ...words])).starts);
    expect(composed.starts[0]).toMatchObject({
      workflowType: 'up',
      input: { dryRun: true, services: ['web'] },
    });
  });
});

describe('run hands the rest of the line on as it is', () => {
  test.each([
    [
      [
        '--rm',
        '--use-aliases',
        '-p',
        '8080:80',
        'web',
        '--dev=wdb',
        '--config=/opt/odoo/auto/odoo.conf',
        '--json',
      ],
    ],
    [['web', '-h']],
    [['-e', 'A=$(id)', 'web', 'sh', '-c', 'echo "a b"; exit 7', '--', '-x']],
  ])('%j', async (words) => {
    const { attached, hosts } = host();
    const { exitCode } = await record(['compose', 'vps1.lab', 'run', ...words], { hosts });
    // Without a terminal on this side there is none on the other.
    expect(attached).toEqual([[...composed, 'run', '-T', ...words]]);
    // The container's own.
    expect(exitCode).toBe(7);
  });
  test('no service is a usage error', async () => {
    const { hosts } = host();
    await expect(record(['compose', 'vps1.lab', 'run'], { hosts })).rejects.toMatchObject({ exitCode: 2 });
  });
});

test('ps: a table, or the same for programs', async () => {
  const line = (Service: string, State: string, PublishedPort: number) =>
    JSON.stringify({
      ...{ Service, Name: `myc-${Service}-1`, State, Status: `${State} for 2 minutes`, Health: '' },
      Publishers: [{ URL: '0.0.0.0', TargetPort: 80, PublishedPort, Protocol: 'tcp' }],
    });
  const answers = { 'ps --all': `${line('web', 'exited', 0)}\n${line('door', 'running', 8080)}\n` };
  const text = await record(['compose', 'vps1.lab', 'ps'], { hosts: host(answers).hosts });
  expect(text.stdout).toBe(
    'door  myc-door-1  running for 2 minutes  0.0.0.0:8080->80/tcp\nweb   myc-web-1   exited for 2 minutes\n',
  );
  const json = await record(['compose', 'vps1.lab', 'ps', 'web', '--json'], { hosts: host(answers).hosts });
  expect(JSON.parse(json.stdout)).toMatchObject([{ service: 'door' }, { service: 'web', ports: [] }]);
});

test('logs: lines as they come, nothing that steers a terminal, secrets under the mask', async () => {
  const secret = Buffer.from('hunter2222\n').toString('base64');
  const { asked, hosts } = host({
    'services-look.sh': `docker\nsecret ${secret}\n`,
    'logs --no-color': 'web-1  | GET /\u001b[2J hunter2222\nweb-1  | second\n',
  });
  const { stdout } = await record(['compose', 'vps1.lab', 'logs', '-n', '5', 'web'], { hosts });
  expect(stdout).toBe('web-1  | GET / ***\nweb-1  | second\n');
  expect(asked.at(-1)).toEqual([...composed, 'logs', '--no-color', '--tail', '5', '--', 'web']);
  const json = await record(['compose', 'vps1.lab', 'logs', '--json'], { hosts });
  expect(JSON.parse(json.stdout.split('\n')[1]!)).toEqual({
    event: 'line',
    container: 'web-1',
    line: 'second',
  });
});

test('ip: each network of each container', async () => {
  const answers = {
    'container-ips.sh':
      'door myc-door-1 myc_default 172.18.0.3 -\nweb myc-web-1 myc_default 172.18.0.2 fd00::2\n',
  };
  const { stdout } = await record(['ip', 'vps1.lab'], { hosts: host(answers).hosts });
  expect(stdout).toBe(
    'door  172.18.0.3          myc_default  myc-door-1\nweb   172.18.0.2 fd00::2  myc_default  myc-web-1\n',
  );
  const one = await record(['compose', 'vps1.lab', 'ip', 'web'], { hosts: host(answers).hosts });
  expect(one.stdout).not.toContain('door');
});

test('a service that is not there is not found, with those that are', async () => {
  for (const action of ['ps', 'logs'])
    await expect(
      record(['compose', 'vps1.lab', action, 'wep'], { hosts: host().hosts }),
    ).rejects.toMatchObject({
      exitCode: 10,
      message: 'vps1.lab has no service "wep"',
      next: 'write one of: web',
    });
});

test('postgres ls: each database with its owner and its size', async () => {
  const databases = JSON.stringify([{ name: 'shop', owner: 'shop', bytes: 8_000_000, encoding: 'UTF8' }]);
  const { stdout } = await record(['postgres', 'ls', 'vps1.lab'], {
    hosts: host({ 'postgres-ls.sh': `postgres ${databases}\n` }).hosts,
  });
  expect(stdout).toBe('postgres  shop  shop  8.0 MB\n');
});

test('ui: the list of runs, or one of them', async () => {
  expect((await record(['ui'])).stdout).toBe('http://ui\n');
  expect((await record(['ui', 'vps1.lab'])).stdout).toBe('http://ui/host/vps1.lab\n');
});
