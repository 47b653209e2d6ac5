import { Readable, type Writable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { hostUnreachable, outputTooLarge } from '../../failures.js';
import type { ExecOptions, ExecResult } from './remote.js';

/** A started command, however it was started. */
export interface Running {
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
  /** Resolves once both outputs have ended; rejects when it will never be known how the command ended. */
  ended: Promise<number | null>;
  stop(): void;
}

const limit = 8 * 1024 * 1024;
const defaultTimeoutSeconds = 60;

/** Feeds stdin, gathers output, and settles at the first of: end, timeout, abort, too much output. */
export function follow(
  host: string,
  command: string,
  running: Running,
  options: ExecOptions,
): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    const { signal, timeoutSeconds = defaultTimeoutSeconds } = options;
    const giveUp = (reason: unknown) => {
      settle();
      running.stop();
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the caller's own reason is handed back
      reject(reason);
    };
    const aborted = () => giveUp(signal?.reason);
    const timer =
      timeoutSeconds > 0
        ? setTimeout(
            () =>
              giveUp(hostUnreachable(host, `\`${command}\` did not end within ${String(timeoutSeconds)} s`)),
            timeoutSeconds * 1000,
          )
        : undefined;
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
    };
    signal?.addEventListener('abort', aborted, { once: true });

    const tooLarge = () => giveUp(outputTooLarge(host, command));
    const handedOn = options.stdout ? piped(running.stdout, options.stdout, giveUp) : Promise.resolve();
    const stdout = options.stdout
      ? () => ''
      : options.onLine
        ? lines(running.stdout, options.onLine, tooLarge, giveUp)
        : text(running.stdout, tooLarge);
    const stderr = text(running.stderr, tooLarge);
    // A command need not read its input: that it closed the pipe is no error, its exit code tells.
    running.stdin.on('error', () => undefined);
    if (options.stdin instanceof Readable) feed(options.stdin, running.stdin, giveUp);
    else running.stdin.end(options.stdin);

    running.ended.then(
      async (exit) => {
        await handedOn;
        settle();
        resolve({ exit, stdout: stdout(), stderr: stderr() });
      },
      (error: unknown) => giveUp(error),
    );
    if (signal?.aborted) aborted();
  });
}

/** What cannot be read on this side ends the command: it must not take the rest for the whole. */
function feed(from: Readable, to: Writable, failed: (error: unknown) => void): void {
  if (from.errored) failed(from.errored);
  from.on('error', failed);
  from.pipe(to);
  // Ended early, by a command that failed, its source is read no further.
  to.once('close', () => from.unpipe(to));
}

/** Resolves when the writer has taken the last of it. */
function piped(from: Readable, to: Writable, failed: (error: unknown) => void): Promise<void> {
  to.once('error', failed);
  return new Promise((resolve) => {
    from.once('end', () => to.write('', () => resolve()));
    from.pipe(to, { end: false });
  });
}

function text(stream: Readable, tooLarge: () => void): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > limit) tooLarge();
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

/** The function returned delivers a last line without a newline; its stdout stays empty. */
function lines(
  stream: Readable,
  onLine: (line: string) => void,
  tooLarge: () => void,
  failed: (error: unknown) => void,
): () => string {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const deliver = (line: string) => {
    try {
      onLine(line);
    } catch (error) {
      failed(error);
    }
  };
  stream.on('data', (chunk: Buffer) => {
    const parts = (rest + decoder.write(chunk)).split('\n');
    rest = parts.pop() ?? '';
    parts.forEach(deliver);
    if (rest.length > limit) tooLarge();
  });
  return () => {
    rest += decoder.end();
    if (rest !== '') deliver(rest);
    return '';
  };
}
