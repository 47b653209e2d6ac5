import { afterAll, beforeAll, expect, test } from 'vitest';
import { sshRemote } from '../../activities/adapters/remote/ssh.js';
import { type LabTarget, freshTarget } from '../lab/backup-target.js';
import { openLab } from '../lab/lab.js';
import { type Operator, openOperator } from './operator.js';

const name = 'vps1.lab';
/** Well formed, and nobody's. */
const key = (letter: string) => `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${letter.repeat(43)}`;
let target: LabTarget;
let operator: Operator;

beforeAll(async () => {
  const lab = await openLab({ hosts: 1 });
  target = await freshTarget();
  operator = await openOperator(lab, {
    configure: (config) => ({
      ...config,
      hosts: {
        [name]: config.hosts![name]!,
        'changed.lab': { ...config.hosts![name]!, 'host-keys': [key('B')] },
        'gone.lab': { ...config.hosts![name]!, address: '127.0.0.1', port: 9 },
      },
      'backup-targets': {
        [target.name]: target.config,
        'stranger.lab:22': { ...target.config, admin: 'nobody' },
      },
    }),
  });
}, 600_000);
afterAll(async () => {
  await operator?.close();
  await target?.destroy();
});

const doctor = async () => {
  const { status, stdout } = await operator.myc(['doctor']);
  return { status, lines: stdout.split('\n') };
};
const admin = async (...argv: string[]) => {
  const { address = '', admin: user = '', 'identity-file': identityFile = '' } = target.config;
  const remote = sshRemote({
    ...{ name: target.name, address, port: 22, user, identityFile, sudo: false },
    hostKeys: target.config['host-keys'] ?? [],
  });
  expect(await remote.exec(argv)).toMatchObject({ exit: 0 });
  remote.close();
};

test('every host and every target, each with its own trouble and what to do', async () => {
  const { status, lines } = await doctor();
  expect(status).toBe(1);
  expect(lines.find((line) => line.startsWith(`✔ host ${name} answers`))).toBeDefined();
  expect(lines).toContain('✔ backup target store.lab:22 answers, 0 mirrors');
  for (const [wrong, next] of [
    [/^✘ changed\.lab showed another host key than the pinned one/, /reinstalled/],
    [/^✘ gone\.lab cannot be reached: 127\.0\.0\.1:9: .*ECONNREFUSED/, /^ {2}check that it is up/],
    [/^✘ stranger\.lab cannot be entered as nobody/, /authorized_keys/],
    [/^✘ no Temporal runs in /, /myc-wf up/],
  ] as const) {
    const at = lines.findIndex((line) => wrong.test(line));
    expect(at, `${wrong} in\n${lines.join('\n')}`).toBeGreaterThanOrEqual(0);
    expect(lines[at + 1]).toMatch(next);
  }
});

test('a key that a recovery left at a target is told with the words that remove it', async () => {
  await admin('ssh-key', 'add', 'lost.lab', ...key('C').split(' '));
  await admin('request-recovery-key', 'lost.lab', ...key('D').split(' '), '5');
  const { lines } = await doctor();
  expect(lines).toContain('✔ backup target store.lab:22 answers, 1 mirror');
  const at = lines.findIndex((line) =>
    /a recovery left its key, which reads the mirror of lost\.lab until/.test(line),
  );
  expect(lines[at + 1]).toBe(`  remove it there: ssh-key rm lost.lab ${key('D')}`);
  await admin('ssh-key', 'rm', 'lost.lab', ...key('D').split(' '));
  expect((await doctor()).lines.join('\n')).not.toContain('left its key');
});
