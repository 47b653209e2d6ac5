import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { Transform, type Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { streamFolder } from '../activities/action-look.js';
import type { Remote } from '../activities/adapters/remote/remote.js';
import type { OperationId } from '../workflows/contract/names.js';
import { CommandError, usage } from './errors.js';
import { exitCodes } from './exit-codes.js';

const script = new URL('../activities/scripts/stream.sh', import.meta.url);

/** Files that go to an action of a host and come from it, over SSH and past Temporal; the host has each only when it is whole. */
export class ActionStreams {
  readonly #folder: string;

  constructor(
    readonly remote: Remote,
    operationId: OperationId,
    readonly signal: AbortSignal,
  ) {
    this.#folder = streamFolder(operationId);
  }

  async put(from: Readable): Promise<number> {
    const counted = new Counted();
    const stdin = from.pipe(counted.transform);
    // Heard from the start: the command that reads it may not run yet.
    stdin.on('error', () => undefined);
    from.once('error', (error) => stdin.destroy(error));
    await this.#run(['put', this.#folder], { stdin });
    await this.#run(['seal', this.#folder, String(counted.bytes), counted.sha256()]);
    return counted.bytes;
  }

  /** To a file, which is there once all of it has come, or to a stream. */
  async get(to: string | NodeJS.WritableStream, sha256: string): Promise<void> {
    const counted = new Counted();
    // A name that nobody has prepared as a link, and that no second command writes to at once.
    const part = typeof to === 'string' ? `${to}.${randomBytes(6).toString('hex')}.part` : undefined;
    const sink = part === undefined ? undefined : createWriteStream(part, { mode: 0o600, flags: 'wx' });
    counted.transform.pipe(sink ?? (to as NodeJS.WritableStream), { end: sink !== undefined });
    try {
      sink?.once('error', (error) => counted.transform.destroy(error));
      await this.#run(['get', this.#folder], { stdout: counted.transform });
      counted.transform.end();
      await (sink === undefined ? finished(counted.transform) : finished(sink));
      if (counted.sha256() !== sha256)
        throw new CommandError(exitCodes.failed, 'what came from the host is not what the action wrote');
      if (part !== undefined) await rename(part, to as string);
    } catch (error) {
      if (part !== undefined) await rm(part, { force: true });
      throw error;
    }
    await this.drop();
  }

  async drop(): Promise<void> {
    await this.#run(['drop', this.#folder]);
  }

  async #run(words: string[], streams: { stdin?: Readable; stdout?: Transform } = {}): Promise<void> {
    const argv = ['bash', '-c', await readFile(script, 'utf8'), 'stream.sh', ...words];
    const { exit, stderr } = await this.remote.exec(argv, {
      ...{ ...streams, signal: this.signal, timeoutSeconds: streams.stdin || streams.stdout ? 0 : 600 },
    });
    if (exit === 0) return;
    const why = stderr.trim().split('\n').at(-1) ?? '';
    throw new CommandError(exitCodes.failed, `${this.remote.name ?? 'the host'}: ${words[0]} failed: ${why}`);
  }
}

/** Opened at once: a file that cannot be read is told before anything is sent. */
export async function readableFile(file: string): Promise<Readable> {
  try {
    return (await open(file)).createReadStream();
  } catch (error) {
    throw usage(`${file} cannot be read: ${(error as Error).message}`, 'name another file');
  }
}

class Counted {
  bytes = 0;
  readonly #hash = createHash('sha256');
  readonly transform = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      this.bytes += chunk.length;
      this.#hash.update(chunk);
      done(null, chunk);
    },
  });

  sha256(): string {
    return this.#hash.digest('hex');
  }
}
