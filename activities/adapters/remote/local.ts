import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import type { Duplex } from 'node:stream';
import { hostUnreachable } from '../../failures.js';
import { commandLine } from '../../commands/quote.js';
import { follow } from './follow.js';
import { asRoot } from './as-root.js';
import type { ExecOptions, ExecResult, Remote } from './remote.js';

/** This machine as a host. */
export function localRemote(name = 'localhost'): Remote {
  const root = process.getuid?.() === 0;
  return {
    name,
    exec: (argv, options = {}) => execLocally(name, root ? argv : asRoot(argv), options),
    openUnixSocket: (path) => openSocket(name, path),
  };
}

async function execLocally(host: string, argv: readonly string[], options: ExecOptions): Promise<ExecResult> {
  options.signal?.throwIfAborted();
  commandLine(argv); // Refuses what no host could run.
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { stdio: 'pipe' });
  let notStarted: number | undefined;
  let why = '';
  child.on('error', (error: NodeJS.ErrnoException) => {
    // As a shell says it, since over SSH a shell does.
    notStarted = error.code === 'ENOENT' ? 127 : 126;
    why = `${program}: ${error.message}\n`;
  });
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', (code) => resolve(notStarted ?? code));
  });
  const running = {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    ended,
    stop: () => {
      child.kill('SIGKILL');
      // What the command started may hold the pipes open for longer than anyone listens.
      child.stdout.destroy();
      child.stderr.destroy();
    },
  };
  const result = await follow(host, program, running, options);
  return { ...result, stderr: result.stderr + why };
}

async function openSocket(host: string, path: string): Promise<Duplex> {
  const socket = createConnection(path);
  try {
    await once(socket, 'connect');
  } catch (error) {
    throw hostUnreachable(host, `nothing answers at ${path} (${(error as Error).message})`, error);
  }
  return socket;
}
