import type { Readable, Writable } from 'node:stream';
import type { ClientChannel, PseudoTtyOptions } from 'ssh2';
import { hostUnreachable } from '../../failures.js';
import type { Session } from './channels.js';
import type { Remote } from './remote.js';

/** A host whose commands can be sat at: for `run`, which goes past Temporal. */
export interface TerminalRemote extends Remote {
  /** Runs argv with these streams for its own, as root, to its end: its exit code, or 255 when a signal ended it. */
  attach(argv: readonly string[], streams: Streams): Promise<number>;
}

export interface Streams {
  stdin: Readable;
  stdout: Writable;
  stderr: Writable;
  /** Given when a person sits there: the command then has a terminal of this size. */
  terminal?: TerminalSize;
}

export interface TerminalSize {
  /** As TERM names it. */
  term: string;
  size(): { columns: number; rows: number };
  /** Returns what ends the listening. */
  onResize(listener: () => void): () => void;
}

export function ptyOf(terminal: TerminalSize | undefined): PseudoTtyOptions | undefined {
  if (terminal === undefined) return undefined;
  const { columns, rows } = terminal.size();
  return { term: terminal.term, cols: columns, rows, width: 0, height: 0 };
}

/** Until the command has ended; the streams are left open, stdin paused. */
export async function attached(host: string, session: Session, streams: Streams): Promise<number> {
  const { channel, exit } = session;
  const { stdin, stdout, stderr, terminal } = streams;
  const quiet = terminal?.onResize(() => resize(channel, terminal)) ?? (() => undefined);
  const closed = new Promise<void>((resolve) => channel.once('close', resolve));
  channel.on('error', () => undefined);
  channel.pipe(stdout, { end: false });
  channel.stderr.pipe(stderr, { end: false });
  stdin.pipe(channel);
  try {
    await closed;
  } finally {
    quiet();
    stdin.unpipe(channel);
    stdin.pause();
  }
  const code = exit();
  if (code === undefined) throw hostUnreachable(host, 'the connection was lost while a command ran');
  return code ?? 255;
}

function resize(channel: ClientChannel, terminal: TerminalSize): void {
  const { columns, rows } = terminal.size();
  channel.setWindow(rows, columns, 0, 0);
}
