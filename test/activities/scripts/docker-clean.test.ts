import { appendFileSync, existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeHost } from './fake-host.js';

/** Images are lines `ID NAME…`, containers lines `ID IMAGE`. An image that a container uses is not removed, as by Docker. */
const docker = `#!/bin/bash
echo "$*" >>"$FAKE/docker-calls"
last=\${!#}
ids() { awk -v what="$1" '{ for (i = 1; i <= NF; i++) if ($i == what) { print $1; exit } }' "$FAKE/images"; }
case "$1 $2" in
  'version '*) [ ! -e "$FAKE/docker-is-away" ] ;;
  'ps --all') cut -d' ' -f1 "$FAKE/containers" ;;
  'inspect --type') cut -d' ' -f2 "$FAKE/containers" ;;
  'image ls') cut -d' ' -f1 "$FAKE/images" ;;
  'image inspect')
    id=$(ids "$last")
    [ -n "$id" ] || exit 1
    case $* in *RepoTags*) grep "^$id" "$FAKE/images" | cut -d' ' -f2- -s | tr ' ' '\\n' ;; *) echo "$id" ;; esac ;;
  'image rm')
    id=$(ids "$last")
    if [ -z "$id" ] || grep -q " $id" "$FAKE/containers"; then exit 1; fi
    if [ "$last" != "$id" ]; then sed -i -E "s| $last( \\|$)|\\1|" "$FAKE/images"; grep -q "^$id " "$FAKE/images" && exit; fi
    if [ "$(grep "^$id" "$FAKE/images" | wc -w)" -gt 2 ]; then exit 1; fi
    sed -i "/^$id/d" "$FAKE/images" ;;
esac
`;
const id = (letter: string) => `sha256:${letter.repeat(64)}`;
const day = 24 * 3600;
let host: FakeHost;
let now: number;

beforeEach(() => {
  host = new FakeHost();
  now = 1_764_500_000;
  host.program('docker', docker);
  host.program('date', '#!/bin/bash\ncat "$FAKE/now"\n');
  host.program('logger', '#!/bin/bash\nshift 3; echo "$*" >>"$FAKE/log"\n');
  host.program('systemctl', '#!/bin/bash\nls "$FAKE/units"\n');
  write('containers', '');
  write('images', '');
  mkdirSync(path.join(host.root, 'compose'), { recursive: true });
});
afterEach(() => host.remove());

const write = (name: string, text: string) => writeFileSync(path.join(host.folder, name), text);
const read = (name: string) => readFileSync(path.join(host.folder, name), 'utf8');
const images = () => read('images').split('\n').filter(Boolean);
const log = () => read('log').trim().split('\n').at(-1);
/** What cron does some days later. */
function night(days = 1): void {
  now += days * day;
  write('now', String(now));
  const script = host
    .text('host/docker-clean')
    .replace('--wait 600', '--wait 0.2')
    .replaceAll('/opt/apps/myc-deploy', host.folder);
  const done = host.runText(script, []);
  expect({ status: done.status, stderr: done.stderr, stdout: done.stdout }).toEqual({
    status: 0,
    stderr: '',
    stdout: '',
  });
}

test('an image that was just pulled stays for a week, however long ago it was built', () => {
  write('images', `${id('a')} old:1\n${id('b')} in-use:1\n`);
  write('containers', `c1 ${id('b')}\n`);
  night();
  for (let i = 0; i < 6; i += 1) night();
  expect(images()).toHaveLength(2);
  appendFileSync(path.join(host.folder, 'images'), `${id('c')} pulled-today:1\n`);
  night();
  expect(images()).toEqual([`${id('b')} in-use:1`, `${id('c')} pulled-today:1`]);
  expect(log()).toBe('removed 1 images; 1 more are unused');
});

test('a week begins anew for an image that a container used meanwhile', () => {
  write('images', `${id('a')} old:1\n`);
  night();
  night(3);
  write('containers', `c1 ${id('a')}\n`);
  night(2);
  write('containers', '');
  night(2);
  night(6);
  expect(images()).toHaveLength(1);
  night(2);
  expect(images()).toEqual([]);
});

test('images that compose files name stay, those of the last `up` too', () => {
  write(
    'images',
    ['a one:1', 'b two:1', 'c three:1', 'd nobody:1'].map((l) => `${id(l[0]!)} ${l.slice(2)}\n`).join(''),
  );
  writeFileSync(path.join(host.root, 'compose/docker-compose.yml'), 'services:\n  web:\n    image: one:1\n');
  writeFileSync(path.join(host.root, 'compose/images.json'), '{"db": "two:1"}');
  write('compose.yml', 'x:\n  docker-compose:\n    "image": \'three:1\' # pinned\n');
  night();
  night(8);
  expect(images().map((line) => line.split(' ')[1])).toEqual(['one:1', 'two:1', 'three:1']);
});

test('an image with several names goes with all of them, and one without any too', () => {
  write('images', `${id('a')} one:1 two:1\n${id('b')}\n`);
  night();
  night(8);
  expect(images()).toEqual([]);
});

test.each<[string, string, () => void]>([
  ['a job runs', 'a job is running', () => write('units/myc-x.service', '1')],
  ['Docker is away', 'Docker does not answer', () => write('docker-is-away', '')],
  [
    'an operation has begun',
    'an operation began in the last six hours',
    () => writeFileSync(path.join(host.root, 'operation'), 'x\n'),
  ],
  [
    'another one holds the host',
    'the host is held by deploy (20261123T031500Z-k3x9qa)',
    () => {
      writeFileSync(path.join(host.root, 'lock'), 'deploy (20261123T031500Z-k3x9qa)\n');
      const held = `flock ${host.root}/lock bash -c ': >${host.folder}/held; sleep 5' >/dev/null 2>&1 & until [ -e ${host.folder}/held ]; do sleep 0.02; done`;
      host.runText(held, []);
    },
  ],
])('when %s it is left for the next night, and nothing is asked of Docker', (_, why, prepare) => {
  write('images', `${id('a')} old:1\n`);
  night();
  prepare();
  write('docker-calls', '');
  night(8);
  expect(log()).toBe(`left for the next night: ${why}`);
  expect(read('docker-calls').trim()).toMatch(/^(version)?$/);
  expect(images()).toHaveLength(1);
});

test('an operation of yesterday does not hinder it, nor does a memory that is damaged', () => {
  write('images', `${id('a')} old:1\n`);
  const operation = path.join(host.root, 'operation');
  writeFileSync(operation, 'x\n');
  const yesterday = Date.now() / 1000 - day;
  utimesSync(operation, yesterday, yesterday);
  writeFileSync(
    path.join(host.root, 'unused-images'),
    `${id('a')} a[$(touch ${host.folder}/hacked)]\n\0\0\n`,
  );
  night();
  expect(images()).toHaveLength(1);
  night(8);
  expect(images()).toEqual([]);
  expect(existsSync(path.join(host.folder, 'hacked'))).toBe(false);
});

test('neither volumes nor what belongs to a compose project is ever pruned', () => {
  night();
  const prunes = read('docker-calls')
    .split('\n')
    .filter((line) => line.includes('prune'));
  expect(prunes).toHaveLength(4);
  for (const line of prunes.filter((one) => !one.startsWith('builder')))
    expect(line).toMatch(
      /^(container|network) prune .*label(!=com.docker.compose.project|=com.docker.compose.oneoff=True)$/,
    );
  expect(read('docker-calls')).not.toMatch(/volume|system|--all --force/);
});
