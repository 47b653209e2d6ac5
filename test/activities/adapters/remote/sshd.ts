import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Login } from '../../../../activities/adapters/remote/connect.js';
import { freePort } from '../../../../worker/free-port.js';

export interface TestSshd {
  login: Login;
  /** A key pair the server does not know. */
  strangerKey: string;
  /** A valid public key that is not the server's. */
  otherHostKey: string;
  /** Cuts every connection, as a restarted sshd or a lost link would; the server goes on. */
  cutConnections(): Promise<void>;
  stop(): Promise<void>;
}

/** A real OpenSSH server on a free loopback port, with keys of its own; it listens nowhere else. */
export async function startSshd(): Promise<TestSshd> {
  const directory = await mkdtemp(join(tmpdir(), 'myc-sshd-'));
  const at = (name: string) => join(directory, name);
  for (const name of ['host', 'user', 'stranger', 'other'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', at(name)]);
  // sshd wants its privilege separation directory, which the service manager makes elsewhere.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const port = await freePort();
  const settings = [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${at('host')}`,
    `AuthorizedKeysFile ${at('user.pub')}`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'AllowStreamLocalForwarding yes',
    'MaxSessions 10',
  ];
  await writeFile(at('sshd_config'), `${settings.join('\n')}\n`);
  const server = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', at('sshd_config')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await listening(server);
  return {
    login: {
      name: 'vps1',
      address: '127.0.0.1',
      port,
      user: userInfo().username,
      identityFile: at('user'),
      hostKeys: [await readFile(at('host.pub'), 'utf8')],
      sudo: false,
    },
    strangerKey: at('stranger'),
    otherHostKey: await readFile(at('other.pub'), 'utf8'),
    cutConnections: async () => {
      const children = await readFile(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8');
      for (const pid of children.trim().split(' ').filter(Boolean)) process.kill(Number(pid), 'SIGKILL');
    },
    stop: async () => {
      server.kill();
      await once(server, 'exit');
      await rm(directory, { recursive: true });
    },
  };
}

function listening(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let log = '';
    server.stderr?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (log.includes('Server listening')) resolve();
    });
    server.once('error', reject);
    server.once('exit', () => reject(new Error(`sshd did not start:\n${log}`)));
  });
}
