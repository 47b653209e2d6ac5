import type { Client, ClientChannel, PseudoTtyOptions } from 'ssh2';
import { hostUnreachable } from '../../failures.js';

type Opener<C> = (client: Client, done: (error: Error | undefined, channel?: C) => void) => unknown;

export interface Session {
  channel: ClientChannel;
  /** Undefined until the command has ended. */
  exit: () => number | null | undefined;
}

/** At once: the answer to a quick command comes in one piece, and its exit would be over before a promise is through. */
function watched(channel: ClientChannel): Session {
  let exit: number | null | undefined;
  channel.once('exit', (code: number | null) => (exit = code));
  return { channel, exit: () => exit };
}

/** A command's session on this connection; with `pty` it has a terminal. */
export function openSession(
  host: string,
  client: Client,
  line: string,
  pty?: PseudoTtyOptions,
): Promise<Session> {
  return whenNotFull(() =>
    openOn<Session>(host, client, (on, done) =>
      on.exec(line, pty === undefined ? {} : { pty }, (error, channel) =>
        error ? done(error) : done(undefined, watched(channel)),
      ),
    ),
  );
}

/** sshd counts a session that closed until its next turn, and may look full for a moment: it opens nothing, and runs nothing, then. */
async function whenNotFull<C>(open: () => Promise<C>): Promise<C> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await open();
    } catch (error) {
      if (!refusedChannel(error) || attempt === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** SSH_OPEN_CONNECT_FAILED, as `ssh2` hands it over. */
function refusedChannel(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'reason' in cause && cause.reason === 2;
}

export function openOn<C>(host: string, client: Client, open: Opener<C>): Promise<C> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error) =>
      reject(hostUnreachable(host, `no channel could be opened (${error.message})`, error));
    const lost = () => failed(new Error('the connection was lost'));
    client.once('close', lost);
    try {
      open(client, (error, channel) => {
        client.off('close', lost);
        if (error) failed(error);
        else resolve(channel as C);
      });
    } catch (error) {
      // ssh2 throws, and does not call back, when the connection is already gone.
      client.off('close', lost);
      failed(error as Error);
    }
  });
}
