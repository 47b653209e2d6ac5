import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeHost } from './fake-host.js';

/** Tells how it was called, then does what the file `PROGRAM.sh` says, which a test writes. */
const program = (name: string) => `#!/bin/bash
n=$(grep -c '^${name} ' "$FAKE/calls")
echo "${name} $* [$DEBIAN_FRONTEND, $NEEDRESTART_SUSPEND, $APT_LISTCHANGES_FRONTEND, $(readlink /proc/self/fd/0), $(cat "$FAKE/progress")]" >>"$FAKE/calls"
if [ -e "$FAKE/${name}.sh" ]; then . "$FAKE/${name}.sh"; fi
`;
const busy = 'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 812 (unattended-upgr)';
let host: FakeHost;

beforeEach(() => {
  host = new FakeHost();
  for (const name of ['apt-get', 'dpkg', 'dpkg-query']) host.program(name, program(name));
  host.program('sleep', '#!/bin/bash\nPATH=/usr/bin:/bin exec sleep 0.01\n');
  write('calls', '');
  write('progress', '');
  mkdirSync(path.join(host.folder, 'dpkg'));
  mkdirSync(path.join(host.folder, 'apt-lib/lists'), { recursive: true });
  write('dpkg/status', 'Package: bash\n');
});
afterEach(() => host.remove());

const write = (name: string, text: string) => writeFileSync(path.join(host.folder, name), text);
const read = (name: string) => readFileSync(path.join(host.folder, name), 'utf8');
/** What was called, without what it saw. */
const calls = () =>
  read('calls')
    .replaceAll(/ \[.*/g, '')
    .replaceAll(/-oDpkg::Options::=\S+ /g, '')
    .trim()
    .split('\n');

function run(what: string, patience = '900') {
  const library = host
    .text('lib/files', 'lib/apt')
    .replaceAll('/var/lib/dpkg', path.join(host.folder, 'dpkg'))
    .replaceAll('/var/lib/apt', path.join(host.folder, 'apt-lib'))
    .replaceAll('/var/cache/apt', path.join(host.folder, 'apt-cache'))
    .replace('apt_patience=900', `apt_patience=${patience}`);
  return host.runText(
    `set -euo pipefail\nexport MYC_PROGRESS=${host.folder}/progress\n${library}\n${what}`,
    [],
    'y\n',
  );
}

test('nobody is asked anything: no program has an input, and edited conffiles stay', () => {
  expect(run('mend_packages; update_lists; install_packages -- jq rsync').status).toBe(0);
  const lines = read('calls').trim().split('\n');
  for (const line of lines.filter((one) => !one.includes('--audit')))
    expect(line).toContain('[noninteractive, 1, none, /dev/null, ');
  const changing = lines.filter((line) => / install | --configure /.test(line));
  expect(changing).toHaveLength(2);
  for (const line of changing) {
    expect(line).toContain('--force-confdef');
    expect(line).toContain('--force-confold');
  }
  expect(lines.at(-1)).toMatch(/^apt-get .* install -qy -- jq rsync \[/);
});

test.each([
  ['apt-get', busy, 'held by process 812 (unattended-upgr)'],
  [
    'dpkg',
    'dpkg: error: dpkg frontend lock was locked by another process with pid 99',
    'another process with pid 99',
  ],
  ['apt-get', 'E: Could not get lock /var/lib/apt/lists/lock', 'held by another program'],
])('another run of %s is waited for, and the progress says who holds it', (name, words, holder) => {
  write(`${name}.sh`, `if ((n < 3)); then echo '${words}' >&2; exit 100; fi\n`);
  expect(run('mend_packages; update_lists').status).toBe(0);
  const seen = read('calls')
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) && line.includes(`waiting for apt (${holder}), for `));
  expect(seen.length).toBeGreaterThanOrEqual(3);
});

test('one that goes on for a quarter of an hour is told, and waited for no longer', () => {
  write('apt-get.sh', `echo '${busy}' >&2; exit 100\n`);
  write('dpkg.sh', 'if [ "$1" = --audit ]; then echo half; fi\n');
  const done = run('mend_packages; echo went on', '0');
  expect(done.status).toBe(1);
  expect(done.stdout).toBe('');
  expect(done.stderr).toContain(
    'another run of apt or dpkg (held by process 812 (unattended-upgr)) was waited for, for ',
  );
  expect(calls().filter((line) => line.startsWith('apt-get'))).toHaveLength(1);
});

test('a failure that is no lock is not tried for a quarter of an hour', () => {
  write(
    'apt-get.sh',
    'echo "E: Could not open lock file x - open (30: Read-only file system)" >&2; exit 100\n',
  );
  expect(run('update_lists').status).toBe(1);
  expect(calls()).toHaveLength(1);
});

test('a package that is half unpacked is unpacked again, and no package is removed by that', () => {
  write('dpkg.sh', 'if [ "$1" = --audit ]; then echo half; elif ((n == 0)); then exit 1; fi\n');
  write('dpkg-query.sh', 'printf "ok bash\\nreinstreq jq:amd64\\n"\n');
  expect(run('mend_packages').status).toBe(0);
  const done = calls().map((line) =>
    line.replace(/^(apt-get|dpkg) .*?(--configure|update|install|--audit)/, '$1 $2'),
  );
  expect(done).toEqual([
    'dpkg --configure -a',
    'dpkg --audit',
    'apt-get update -q',
    'dpkg-query -W -f ${db:Status-Eflag} ${binary:Package}\\n',
    'apt-get install -qy --no-remove --reinstall -- jq:amd64',
    'apt-get install -qy',
    'dpkg --configure -a',
  ]);
  expect(calls().filter((line) => line.includes(' install '))).toSatisfy((lines: string[]) =>
    lines.every((line) => line.includes('--no-remove')),
  );
});

test('archives and lists that a power cut left damaged are fetched anew, once', () => {
  write(
    'apt-get.sh',
    'case "$*" in *" install "*) if ((n == 0)); then echo "dpkg-deb: error: unexpected end" >&2; exit 100; fi ;; esac\n',
  );
  expect(run('install_packages -- jq').status).toBe(0);
  expect(
    calls().map((line) => line.split(' ').find((word) => /^(install|clean|update)$/.test(word))),
  ).toEqual(['install', 'clean', 'update', 'install']);
  write('calls', '');
  write('apt-get.sh', 'case "$*" in *" install "*) exit 100 ;; esac\n');
  expect(run('install_packages -- no-such-package').status).toBe(100);
  expect(calls()).toHaveLength(4);
  write('calls', '');
  write('apt-lib/lists/damaged_Packages', '');
  write('apt-get.sh', 'if ((n == 0)); then echo "E: Problem with MergeList x" >&2; exit 100; fi\n');
  expect(run('update_lists').status).toBe(0);
  expect(calls()).toHaveLength(2);
  expect(existsSync(path.join(host.folder, 'apt-lib/lists/damaged_Packages'))).toBe(false);
});

test('an empty list of packages is taken for what a power cut left, and the one before it put back', () => {
  write('dpkg/status', '');
  write('dpkg/status-old', 'Package: bash\nPackage: jq\n');
  const done = run('mend_packages');
  expect(done.stderr).toContain('dpkg/status is empty: taking');
  expect(read('dpkg/status')).toBe('Package: bash\nPackage: jq\n');
});
