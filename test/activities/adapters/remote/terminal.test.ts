import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SshRemote, sshRemote } from '../../../../activities/adapters/remote/ssh.js';
import type { TerminalSize } from '../../../../activities/adapters/remote/terminal.js';
import { type TestSshd, startSshd } from './sshd.js';

let sshd: TestSshd;
let remote: SshRemote;
beforeAll(async () => {
  sshd = await startSshd();
  remote = sshRemote(sshd.login);
});
afterAll(async () => {
  remote.close();
  await sshd.stop();
});

/** Streams as a process has them, and what came out of them. */
function sat(terminal?: TerminalSize) {
  const said = { out: '', err: '' };
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  streams.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  streams.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  return { said, ...streams, streams: { ...streams, ...(terminal === undefined ? {} : { terminal }) } };
}
const sh = (script: string) => ['sh', '-c', script];
const until = (said: () => string, word: string) => expect.poll(said, { timeout: 20_000 }).toContain(word);

test('without a terminal: stdin whole, both outputs apart, the exit code, the streams left open', async () => {
  const { said, streams, stdin } = sat();
  const ended = remote.attach(sh('cat; echo wrong >&2; exit 7'), streams);
  stdin.end('é and "this"\n');
  expect(await ended).toBe(7);
  expect(said).toEqual({ out: 'é and "this"\n', err: 'wrong\n' });
  expect(streams.stdout.writableEnded).toBe(false);
  expect(await remote.attach(sh('kill -9 $$'), sat().streams)).toBe(255);
});

test('a program that is larger than any buffer comes whole', async () => {
  const { said, streams } = sat();
  expect(await remote.attach(sh('head -c 3000000 /dev/zero | tr "\\0" x'), streams)).toBe(0);
  expect(said.out.length).toBe(3_000_000);
});

test('at a terminal: its kind and size, a change of it, and Ctrl-C for the program alone', async () => {
  let size = { columns: 91, rows: 33 };
  let resized = (): void => undefined;
  let listening = true;
  const { said, streams, stdin } = sat({
    term: 'vt220',
    size: () => size,
    onResize: (listener) => {
      resized = listener;
      return () => (listening = false);
    },
  });
  const script = `trap 'echo interrupted; exit 9' INT; trap 'stty size' WINCH
    tty; echo "$TERM"; stty size; read -r line; echo "read $line"; while :; do sleep 0.1; done`;
  const ended = remote.attach(sh(script), streams);
  await until(() => said.out, '33 91');
  expect(said.out).toMatch(/^\/dev\/pts\/\d+\r\nvt220\r\n/);
  stdin.write('a word\r');
  await until(() => said.out, 'read a word');
  size = { columns: 120, rows: 40 };
  resized();
  await until(() => said.out, '40 120');
  stdin.write('\u0003');
  expect(await ended).toBe(9);
  expect(said.out).toContain('interrupted');
  expect(listening).toBe(false);
  expect(stdin.isPaused()).toBe(true);
});

test('a cut connection is told, not taken for an end', async () => {
  const { said, streams } = sat();
  const ended = remote.attach(sh('echo began; sleep 60'), streams);
  const failed = expect(ended).rejects.toMatchObject({ type: 'HostUnreachable' });
  await until(() => said.out, 'began');
  await sleep(50);
  await sshd.cutConnections();
  await failed;
  expect(await remote.attach(['true'], sat().streams)).toBe(0);
});
