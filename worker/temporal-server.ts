import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.js';
import { prepareNamespace } from './prepare-namespace.js';
import { findTemporalBinary } from './temporal-binary.js';
import { startUiGuard } from './ui-guard.js';
import { findUnreachablePlace } from './unreachable-by-pages.js';

export interface TemporalServerOptions {
  /** Holds temporal.db and temporal.log; made 0700. */
  dataDirectory: string;
  /** 7233 and 8233 when left out; 0 takes a free one. */
  port?: number;
  uiPort?: number;
  /** Where the UI has payloads decoded. */
  uiCodecEndpoint?: string;
  env?: NodeJS.ProcessEnv;
  say?: (line: string) => void;
}

export interface TemporalServer {
  address: string;
  /** The UI, behind a guard that tells its own page from others (worker/ui-guard.ts). */
  uiUrl: string;
  /** The HTTP API next to gRPC; on loopback, and closed to every Host header but one. */
  httpAddress: string;
  httpHost: string;
  namespace: string;
  pid: number;
  /** Fulfilled when the server ends, whoever ended it. */
  exited: Promise<void>;
  stop(): Promise<void>;
}

/** The embedded server did not become ready; the message carries the end of its log. */
export class TemporalServerFailed extends Error {
  override readonly name = 'TemporalServerFailed';
}

const loopback = '127.0.0.1';
const namespace = 'default';
const readyWithinMs = 60_000;
const stopWithinMs = 15_000;

export async function startTemporalServer(options: TemporalServerOptions): Promise<TemporalServer> {
  const { dataDirectory, env = process.env } = options;
  const binary = await findTemporalBinary(options);
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
  // mkdir leaves the mode of a directory that was there.
  await chmod(dataDirectory, 0o700);
  const port = options.port || (options.port === 0 ? await freePort() : 7233);
  const inner = await findUnreachablePlace();
  const httpPort = await freePort();
  const logFile = path.join(dataDirectory, 'temporal.log');
  // A name of this start: the HTTP API answers to it, and to no other.
  const httpHost = `${randomBytes(16).toString('hex')}.invalid`;
  const guard = await startUiGuard({ port: options.uiPort ?? 8233, inner }).catch((error: Error) => {
    throw new TemporalServerFailed(
      `the Temporal UI cannot listen on port ${options.uiPort ?? 8233}: ${error.message}`,
    );
  });
  const log = await open(logFile, 'w', 0o600);
  const child = spawn(
    binary,
    [
      ...['server', 'start-dev', '--ip', loopback, '--port', `${port}`],
      ...['--ui-ip', inner.address, '--ui-port', `${inner.port}`],
      ...['--http-port', `${httpPort}`, '--db-filename', path.join(dataDirectory, 'temporal.db')],
      ...['--log-level', 'warn', '--log-format', 'json'],
      ...(options.uiCodecEndpoint === undefined ? [] : ['--ui-codec-endpoint', options.uiCodecEndpoint]),
      // The HTTP API takes a JSON POST of any web page: it answers to one Host name only, which nobody knows.
      ...['--dynamic-config-value', `frontend.httpAllowedHosts=["${httpHost}"]`],
    ],
    // detached: a Ctrl-C on the terminal reaches `up`, which stops the worker before the server.
    { env, stdio: ['ignore', log.fd, log.fd], detached: true },
  );
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  }).then(() => guard.close());
  await log.close();
  const address = `${loopback}:${port}`;
  try {
    await ready(address, exited, logFile);
  } catch (error) {
    await stop(child, exited);
    throw error;
  }
  return {
    address,
    uiUrl: guard.url,
    httpAddress: `${loopback}:${httpPort}`,
    httpHost,
    namespace,
    pid: child.pid!,
    exited,
    stop: () => stop(child, exited),
  };
}

async function ready(address: string, exited: Promise<void>, logFile: string): Promise<void> {
  const ended = exited.then(() => 'ended' as const);
  const late = sleep(readyWithinMs, 'late' as const, { ref: false });
  const waiting = new AbortController();
  const prepared = prepareNamespace(address, namespace, readyWithinMs, waiting.signal);
  const outcome = await Promise.race([prepared, ended, late]).finally(() => waiting.abort());
  if (outcome === 'prepared') return;
  const log = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-5).join('\n');
  const what = outcome === 'ended' ? 'ended at once' : `was not ready in ${readyWithinMs / 1000} s`;
  throw new TemporalServerFailed(
    `the Temporal server on ${address} ${what}; its log ${logFile} ends with:\n${log}`,
  );
}

async function stop(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.kill('SIGTERM');
  const late = await Promise.race([exited, sleep(stopWithinMs, 'late' as const, { ref: false })]);
  if (late !== 'late') return;
  child.kill('SIGKILL');
  await exited;
}
