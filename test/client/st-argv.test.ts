import { expect, test } from 'vitest';
import { moshTerminal, sshTerminal } from '../../client/st-argv.js';

const way = {
  host: 'vps1.lab',
  entry: { address: '192.0.2.7', port: 2222, user: 'debian', 'identity-file': "/home/me/a key's" },
  knownHosts: '/tmp/with blank/known_hosts',
};

test('ssh takes the pinned key and nothing of its own files', () => {
  expect(sshTerminal(way, "echo 'here'")).toEqual([
    ...['ssh', '-F', '/dev/null', '-p', '2222', '-i', "/home/me/a key's", '-o', 'IdentitiesOnly=yes'],
    ...['-o', 'HostKeyAlias=vps1.lab', '-o', 'StrictHostKeyChecking=yes', '-o', 'ForwardAgent=no'],
    ...['-o', 'UserKnownHostsFile="/tmp/with blank/known_hosts"', '-o', 'GlobalKnownHostsFile=/dev/null'],
    ...['-t', 'debian@192.0.2.7', '--', `bash -c 'echo '\\''here'\\'''`],
  ]);
});

test('mosh is handed the same ssh, quoted as it splits it', () => {
  const [program, ssh, ...rest] = moshTerminal(way, 'echo here');
  expect(program).toBe('mosh');
  expect(ssh).toContain(`-i '/home/me/a key'\\''s' -o 'IdentitiesOnly=yes'`);
  expect(ssh).toContain(`-o 'UserKnownHostsFile="/tmp/with blank/known_hosts"'`);
  expect(rest).toEqual(['debian@192.0.2.7', '--', 'bash', '-c', 'echo here']);
});

test('without a user, a port and a key of its own: root, 22, the agent', () => {
  const [, ...argv] = sshTerminal({ host: 'vps1.lab', entry: {}, knownHosts: '/k' }, 'x');
  expect(argv).toContain('root@vps1.lab');
  expect(argv).not.toContain('-i');
});
