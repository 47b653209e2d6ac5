import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import type { Remote } from '../../../../activities/adapters/remote/remote.js';

/** What every Remote does; `remote` is asked at each test, so that it may be made in beforeAll. Commands run on this machine. */
export function conformsToRemote(remote: () => Remote): void {
  test('arguments arrive as they are', async () => {
    const argv = ["it's", '"$HOME"', '$(id)', '`id`', '', ' ', 'a\nb', '\\', '*', '~', '-n', 'é漢😀', ';|&'];
    const { stdout } = await remote().exec(['printf', '%s\\0', ...argv]);
    expect(stdout.split('\0').slice(0, -1)).toEqual(argv);
  });

  test('a NUL in an argument is refused', async () => {
    await expect(remote().exec(['echo', 'a\0b'])).rejects.toThrow(/NUL/);
  });

  test('exit code and both outputs are told apart', async () => {
    const result = await remote().exec(['sh', '-c', 'echo out; echo err >&2; exit 3']);
    expect(result).toEqual({ exit: 3, stdout: 'out\n', stderr: 'err\n' });
  });

  test('a program that does not exist ends with 127 and says so', async () => {
    const result = await remote().exec(['no-such-program']);
    expect(result.exit).toBe(127);
    expect(result.stderr).toContain('no-such-program');
  });

  test('a command ended by a signal has no exit code', async () => {
    expect((await remote().exec(['sh', '-c', 'kill -9 $$'])).exit).toBeNull();
  });

  test('stdin is given whole, then closed', async () => {
    const input = Buffer.alloc(3_000_000, 'abc\n');
    const { stdout } = await remote().exec(['wc', '-c'], { stdin: input });
    expect(Number(stdout)).toBe(3_000_000);
    expect((await remote().exec(['cat'], { stdin: 'é\0\n' })).stdout).toBe('é\0\n');
  });

  test('streams of any length go in and out, as fast as the slower end', async () => {
    const chunk = Buffer.from(Array.from({ length: 65_536 }, (_, index) => index % 256));
    const [sent, received] = [createHash('sha256'), createHash('sha256')];
    const stdin = Readable.from(
      (function* () {
        for (let left = 320; left > 0; left -= 1) {
          sent.update(chunk);
          yield chunk;
        }
      })(),
    );
    const stdout = new Writable({
      write: (data: Buffer, _encoding, done) => {
        received.update(data);
        setImmediate(done);
      },
    });
    const result = await remote().exec(['cat'], { stdin, stdout, timeoutSeconds: 0 });
    expect(result).toEqual({ exit: 0, stdout: '', stderr: '' });
    expect(received.digest('hex')).toBe(sent.digest('hex'));
    expect(stdout.writableEnded).toBe(false);
  }, 30_000);

  test('a stream that breaks off ends the command with its error, on either end', async () => {
    const broken = new Error('the disk is gone');
    const stdin = Readable.from(
      (async function* () {
        yield await Promise.resolve(Buffer.alloc(1000));
        throw broken;
      })(),
    );
    await expect(remote().exec(['cat'], { stdin })).rejects.toBe(broken);
    const stdout = new Writable({ write: (_data, _encoding, done) => done(broken) });
    await expect(remote().exec(['yes'], { stdout })).rejects.toBe(broken);
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(65_536);
      })(),
    );
    expect((await remote().exec(['head', '-c', '5'], { stdin: endless })).exit).toBe(0);
  });

  test('stdin is closed when none is given', async () => {
    expect(await remote().exec(['cat'])).toEqual({ exit: 0, stdout: '', stderr: '' });
  });

  test('a command that does not read its stdin still tells its exit code', async () => {
    const stdin = Buffer.alloc(1_000_000);
    expect((await remote().exec(['sh', '-c', 'exit 4'], { stdin })).exit).toBe(4);
  });

  test('lines are handed over whole, the last one without its newline too', async () => {
    const lines: string[] = [];
    const script = "printf 'one\\ntw'; sleep 0.1; printf 'o\\n\\n漢'";
    const { stdout } = await remote().exec(['sh', '-c', script], { onLine: (line) => lines.push(line) });
    expect(lines).toEqual(['one', 'two', '', '漢']);
    expect(stdout).toBe('');
  });

  test('an error in onLine ends the command', async () => {
    const onLine = () => {
      throw new Error('enough');
    };
    await expect(remote().exec(['yes'], { onLine })).rejects.toThrow('enough');
  });

  test('more than 8 MiB is a final failure', async () => {
    await expect(remote().exec(['head', '-c', '9000000', '/dev/zero'])).rejects.toMatchObject({
      type: 'OutputTooLarge',
      nonRetryable: true,
    });
    expect((await remote().exec(['head', '-c', '8000000', '/dev/zero'])).stdout).toHaveLength(8_000_000);
  }, 30_000);

  test('an abort rejects with its reason', async () => {
    const controller = new AbortController();
    const reason = new Error('cancelled by the operator');
    const waiting = remote().exec(['sleep', '60'], { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 200);
    await expect(waiting).rejects.toBe(reason);
    await expect(remote().exec(['true'], { signal: controller.signal })).rejects.toBe(reason);
  });

  test('a command that takes too long makes the host unreachable', async () => {
    await expect(remote().exec(['sleep', '60'], { timeoutSeconds: 0.2 })).rejects.toMatchObject({
      type: 'HostUnreachable',
      nonRetryable: false,
    });
  });

  test('50 commands at once all get their own answer', async () => {
    const numbers = Array.from({ length: 50 }, (_, i) => String(i));
    const results = await Promise.all(
      numbers.map((number) => remote().exec(['sh', '-c', 'sleep 0.05; echo "$1"', 'sh', number])),
    );
    expect(results.map(({ stdout }) => stdout.trim())).toEqual(numbers);
  }, 30_000);

  test('a Unix socket is spoken to', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'myc-socket-'));
    const path = join(directory, 'echo.sock');
    const server = createServer((socket) => socket.pipe(socket)).listen(path);
    await once(server, 'listening');
    try {
      const socket = await remote().openUnixSocket(path);
      socket.end('hello');
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect(answer.toString()).toBe('hello');
      await expect(remote().openUnixSocket(join(directory, 'none'))).rejects.toMatchObject({
        type: 'HostUnreachable',
      });
    } finally {
      server.close();
      await rm(directory, { recursive: true });
    }
  });
}
