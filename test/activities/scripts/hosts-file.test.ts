import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { items } from '../../../activities/commands/desired-state.js';
import { FakeHost } from './fake-host.js';

let host: FakeHost;
let etc: string;
beforeEach(() => {
  host = new FakeHost();
  etc = path.join(host.folder, 'etc');
  mkdirSync(etc);
  host.program('hostname', '#!/bin/bash\necho "${!#}" >"$FAKE/hostname"\n');
  host.program('mountpoint', '#!/bin/bash\n[ -e "$FAKE/mounted" ]\n');
  // Killed at the call that a test names, before or after it.
  for (const name of ['mv', 'sync', 'cp', 'rm', 'cat'])
    host.program(
      name,
      `#!/bin/bash\nn=$(cat "$FAKE/count" 2>/dev/null || echo 0); echo $((n + 1)) >"$FAKE/count"\n`
        .replace('cat "$FAKE', '/bin/cat "$FAKE')
        .concat(
          `if [ "$n" = "$AT" ]; then kill -9 "$PPID"; exit; fi\nPATH=/usr/bin:/bin exec ${name} "$@"\n`,
        ),
    );
});
afterEach(() => host.remove());

const hosts = () => path.join(etc, 'hosts');
const read = () => readFileSync(hosts(), 'utf8');
const item = items({ files: [], lines: [], packages: [], hostname: 'vps1.example.org' });
const script = () => host.text('lib/files', 'lib/apt', 'converge').replaceAll('/etc/host', `${etc}/host`);
const named = () => host.runText(script(), ['apply'], `${item[0]!.apply}\n`);
const differs = () => host.runText(script(), ['look'], `${item[0]!.look}\n`).stdout !== '';
const ours = '127.0.1.1 vps1.example.org vps1\n';

describe.each(['renamed', 'in place'])('the hosts file, %s', (how) => {
  beforeEach(() => {
    if (how === 'in place') writeFileSync(path.join(host.folder, 'mounted'), '');
  });

  test.each([
    ['127.0.0.1 localhost\n', `127.0.0.1 localhost\n${ours}`],
    ['127.0.0.1 localhost', `127.0.0.1 localhost\n${ours}`],
    ['127.0.0.1 localhost\n127.0.1.1 old.name old\n# end\n', `127.0.0.1 localhost\n${ours}# end\n`],
    ['127.0.1.1\told\n\n127.0.0.1 localhost\n  127.0.1.1 older\n', `${ours}\n127.0.0.1 localhost\n`],
    ['127.0.1.10 other\n10.127.0.1 x\n', `127.0.1.10 other\n10.127.0.1 x\n${ours}`],
    ['', `127.0.0.1 localhost\n::1 localhost\n${ours}`],
  ])('%j becomes %j, and a second time changes nothing', (before, after) => {
    writeFileSync(hosts(), before);
    chmodSync(hosts(), 0o640);
    const { ino } = statSync(hosts());
    expect(named()).toMatchObject({ status: 0, stderr: '' });
    expect(read()).toBe(after);
    expect(statSync(hosts()).mode & 0o7777).toBe(0o640);
    expect(statSync(hosts()).ino === ino).toBe(how === 'in place');
    expect(readFileSync(path.join(etc, 'hostname'), 'utf8')).toBe('vps1.example.org\n');
    expect(differs()).toBe(false);
    expect(named().status).toBe(0);
    expect(read()).toBe(after);
    const beside = how === 'in place' ? ['hosts.before-myc-wf'] : [];
    expect(readdirSync(etc)).toEqual(['hostname', 'hosts', ...beside].sort());
  });

  test('killed at any program it starts and run again, all other lines are there at every moment or brought back', () => {
    const lines = ['127.0.0.1 localhost', '10.0.0.7 db.internal', '127.0.1.1 old'];
    for (let at = 0; ; at += 1) {
      for (const file of readdirSync(etc))
        renameSync(path.join(etc, file), path.join(host.folder, `old-${file}`));
      writeFileSync(hosts(), `${lines.join('\n')}\n`);
      writeFileSync(path.join(host.folder, 'count'), '0');
      const killed = host.runText(`export AT=${at}\n${script()}`, ['apply'], `${item[0]!.apply}\n`);
      const part = path.join(etc, '.hosts.myc-wf');
      const whole = existsSync(part) ? readFileSync(part, 'utf8') : read();
      for (const line of lines.slice(0, 2)) expect(whole).toContain(line);
      if (killed.status === 0) break;
      expect(at).toBeLessThan(40);
      expect(differs() || read().includes(ours)).toBe(true);
      expect(named().status).toBe(0);
      expect(read()).toBe(`${lines[0]}\n${lines[1]}\n${ours}`);
      expect(differs()).toBe(false);
    }
  });
});

test('a write in place that a power cut left empty is finished', () => {
  writeFileSync(path.join(host.folder, 'mounted'), '');
  writeFileSync(hosts(), '');
  writeFileSync(path.join(etc, '.hosts.myc-wf'), '10.0.0.7 db.internal\n');
  expect(named().status).toBe(0);
  expect(read()).toBe(`10.0.0.7 db.internal\n${ours}`);
});

test('a link stays, and what it leads to is changed', () => {
  writeFileSync(path.join(etc, 'hosts.real'), '127.0.0.1 localhost\n');
  symlinkSync('hosts.real', hosts());
  expect(named().status).toBe(0);
  expect(lstatSync(hosts()).isSymbolicLink()).toBe(true);
  expect(readlinkSync(hosts())).toBe('hosts.real');
  expect(read()).toBe(`127.0.0.1 localhost\n${ours}`);
});

test('a file that is missing is made', () => {
  expect(named()).toMatchObject({ status: 0, stderr: '' });
  expect(read()).toBe(`127.0.0.1 localhost\n::1 localhost\n${ours}`);
  expect(statSync(hosts()).mode & 0o7777).toBe(0o644);
});

test('a disk that is full leaves it as it was', () => {
  writeFileSync(hosts(), '127.0.0.1 localhost\n');
  const full = `trap '' XFSZ; ulimit -f 0\n${script()}`;
  expect(host.runText(full, ['apply'], `${item[0]!.apply}\n`).status).not.toBe(0);
  expect(read()).toBe('127.0.0.1 localhost\n');
});
