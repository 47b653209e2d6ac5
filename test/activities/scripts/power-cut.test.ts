import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeHost } from './fake-host.js';

const operation = '20261123T031500Z-k3x9qa';
let host: FakeHost;
beforeEach(() => (host = new FakeHost()));
afterEach(() => host.remove());

/** Programs that tell of what they did, in their order. */
function watchFiles(): void {
  for (const name of ['sync', 'mv'])
    host.program(
      name,
      `#!/bin/bash\n{ printf ${name}; for word; do case $word in -*) ;; *) printf ' %s' "$word" ;; esac; done; echo; } >>"$FAKE/calls"\n` +
        `PATH=/usr/bin:/bin exec ${name} "$@"\n`,
    );
}

/** Each file that was renamed into its place before it was on the disk. */
function renamedTooEarly(): string[] {
  const calls = readFileSync(path.join(host.folder, 'calls'), 'utf8').trim().split('\n');
  const moves = calls.flatMap((call, i) => {
    const [name, from = ''] = call.split(' ');
    return name === 'mv' ? [{ from, before: calls.slice(0, i) }] : [];
  });
  expect(moves).not.toEqual([]);
  return moves
    .filter(
      ({ from, before }) =>
        !before.some((call) => call.startsWith('sync ') && call.split(' ').includes(from)),
    )
    .map(({ from }) => from);
}
beforeEach(watchFiles);

test('what an operation was given is on the disk before it is there', () => {
  const line = Buffer.from('web: {}\n').toString('base64');
  const done = host.run(['lib/files', 'given'], ['20261123T031500Z-k3x9qa'], `${line}\n-\n`);
  expect(done).toMatchObject({ status: 0, stderr: '' });
  const given = path.join(host.root, 'given/20261123T031500Z-k3x9qa/compose.yml');
  expect(readFileSync(given, 'utf8')).toBe('web: {}\n');
  expect(renamedTooEarly()).toEqual([]);
});

test('so is the key of a backup, and the keys of the server', () => {
  const folder = path.join(host.folder, 'key');
  const key = host.run(['lib/records', 'backup-key'], [folder, operation], 'server ssh-ed25519 AAAA\n');
  expect(key.stdout).toMatch(/^ssh-ed25519 \S+\n$/);
  expect(readFileSync(path.join(folder, 'known_hosts'), 'utf8')).toBe('server ssh-ed25519 AAAA\n');
  expect(renamedTooEarly()).toEqual([]);
  expect(host.run(['lib/records', 'backup-key'], [folder, operation]).stdout).toBe(key.stdout);
});

test('a file stays as it was when the new one cannot be written', () => {
  const file = path.join(host.folder, 'kept');
  writeFileSync(file, 'old\n');
  const full = "trap '' XFSZ; ulimit -f 0\n";
  const write = spawnWrite(file, full);
  expect(write.status).not.toBe(0);
  expect(readFileSync(file, 'utf8')).toBe('old\n');
  mkdirSync(path.join(host.folder, 'free'));
  expect(spawnWrite(path.join(host.folder, 'free/file')).status).toBe(0);
  expect(readFileSync(path.join(host.folder, 'free/file'), 'utf8')).toBe('new\n');
});

const spawnWrite = (file: string, before = '') =>
  host.runText(`${before}${host.text('lib/files')}\nwrite_file "$1" 0600\n`, [file], 'new\n');
