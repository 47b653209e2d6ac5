import type { Duplex } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import { commandLine } from '../../commands/quote.js';
import { hostUnreachable } from '../../failures.js';
import { asRoot } from './as-root.js';
import { type Session, openOn, openSession } from './channels.js';
import type { Login } from './connect.js';
import { type Running, follow } from './follow.js';
import { Links } from './link.js';
import type { ExecOptions, ExecResult } from './remote.js';
import { Slots } from './slots.js';
import { type Streams, type TerminalRemote, attached, ptyOf } from './terminal.js';

export interface SshRemote extends TerminalRemote {
  close(): void;
}

/** Sessions at once: sshd's MaxSessions is 10 for a connection. Socket forwards are no sessions and do not count. */
const sessions = 8;

/** A host over SSH: the connection is made at first use, shared, and made anew after it was lost. */
export function sshRemote(login: Login): SshRemote {
  const links = new Links(login);
  const slots = new Slots(sessions);
  const root = login.user === 'root' || login.sudo === false;

  const execute = async (line: string, program: string, options: ExecOptions): Promise<ExecResult> => {
    const release = await slots.take(options.signal);
    const link = links.current();
    const ended = link.use();
    try {
      const started = await openSession(login.name, await link.client, line);
      // sshd keeps the session of an abandoned command until that ends by itself, so that connection fills up.
      const running = runningOn(login.name, started, () => link.retire());
      return await follow(login.name, program, running, options);
    } finally {
      ended();
      release();
    }
  };

  const attach = async (argv: readonly string[], streams: Streams): Promise<number> => {
    const release = await slots.take();
    const link = links.current();
    const ended = link.use();
    try {
      const line = commandLine(root ? argv : asRoot(argv));
      const session = await openSession(login.name, await link.client, line, ptyOf(streams.terminal));
      return await attached(login.name, session, streams);
    } finally {
      ended();
      release();
    }
  };

  /** sshd forwards as the login user, who may not open root's sockets; docker's own relay connects to any. */
  const relay = async (path: string): Promise<Duplex> => {
    const release = await slots.take();
    const link = links.current();
    const ended = link.use();
    const finished = () => {
      ended();
      release();
    };
    try {
      const line = commandLine(asRoot(['docker', '-H', `unix://${path}`, 'system', 'dial-stdio']));
      const client = await link.client;
      return (await openSession(login.name, client, line)).channel.once('close', finished);
    } catch (error) {
      finished();
      throw error;
    }
  };

  const forward = async (path: string): Promise<Duplex> => {
    const link = links.current();
    const ended = link.use();
    try {
      const channel = await openOn<ClientChannel>(login.name, await link.client, (client, done) =>
        client.openssh_forwardOutStreamLocal(path, done),
      );
      return channel.once('close', ended);
    } catch (error) {
      ended();
      throw error;
    }
  };

  return {
    name: login.name,
    ...(login.controlPlane === undefined ? {} : { controlPlane: login.controlPlane }),
    exec: async (argv, options = {}) =>
      execute(commandLine(root ? argv : asRoot(argv)), argv[0] ?? '', options),
    attach,
    openUnixSocket: root ? forward : relay,
    close: () => links.close(),
  };
}

function runningOn(host: string, { channel, exit }: Session, abandoned: () => void): Running {
  const ended = new Promise<number | null>((resolve, reject) => {
    channel.once('close', () => {
      const code = exit();
      if (code === undefined) reject(hostUnreachable(host, 'the connection was lost while a command ran'));
      else resolve(code);
    });
  });
  return {
    stdin: channel,
    stdout: channel,
    stderr: channel.stderr,
    ended,
    stop: () => {
      abandoned();
      channel.close();
    },
  };
}
