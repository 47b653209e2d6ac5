import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DesiredState, differing, items } from '../../../activities/commands/desired-state.js';

const script = ['lib/files', 'lib/apt', 'converge']
  .map((name) => readFileSync(new URL(`../../../activities/scripts/${name}.sh`, import.meta.url), 'utf8'))
  .join('');
let dir = '';
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'converge-'))));
afterEach(() => rmSync(dir, { recursive: true }));

function run(mode: string, input: string): { status: number | null; stdout: string; stderr: string } {
  return spawnSync('bash', ['-c', script, 'converge.sh', mode], { input, encoding: 'utf8' });
}

function changes(state: DesiredState): string[] {
  const all = items(state);
  const look = run('look', all.map((item) => item.look + '\n').join(''));
  expect(look.stderr).toBe('');
  return differing(all, look.stdout).map((item) => item.change);
}

function apply(state: DesiredState): void {
  const done = run(
    'apply',
    items(state)
      .map((item) => item.apply + '\n')
      .join(''),
  );
  expect(done.stderr).toBe('');
  expect(done.status).toBe(0);
}

const state = (parts: Partial<DesiredState>): DesiredState => ({
  files: [],
  lines: [],
  packages: [],
  ...parts,
});

describe('converge', () => {
  it('writes what is missing, and the second look finds nothing to change', () => {
    const wanted = state({
      files: [{ path: join(dir, "a b/it's $(x).conf"), mode: '0600', content: 'one\ntwo $HOME `id`\n' }],
      lines: [{ path: join(dir, 'keys'), mode: '0600', line: 'ssh-ed25519 AAAA me@laptop' }],
    });
    expect(changes(wanted)).toEqual([
      `wrote ${join(dir, "a b/it's $(x).conf")}`,
      `added a line to ${join(dir, 'keys')}`,
    ]);
    apply(wanted);
    expect(readFileSync(join(dir, "a b/it's $(x).conf"), 'utf8')).toBe('one\ntwo $HOME `id`\n');
    expect(statSync(join(dir, "a b/it's $(x).conf")).mode & 0o7777).toBe(0o600);
    expect(changes(wanted)).toEqual([]);
  });

  it('a look changes nothing', () => {
    changes(state({ files: [{ path: join(dir, 'x'), mode: '0644', content: 'x' }] }));
    expect(readdirSync(dir)).toEqual([]);
  });

  it('keeps the lines that were there, also a last one without a newline', () => {
    const path = join(dir, 'authorized_keys');
    writeFileSync(path, 'ssh-rsa OLD old@key');
    const wanted = state({ lines: [{ path, mode: '0600', line: 'ssh-ed25519 NEW' }] });
    apply(wanted);
    apply(wanted);
    expect(readFileSync(path, 'utf8')).toBe('ssh-rsa OLD old@key\nssh-ed25519 NEW\n');
  });

  it('sees a changed content and a changed mode, and puts both right', () => {
    const file = { path: join(dir, 'f'), mode: '0640', content: 'right' };
    const wanted = state({ files: [file] });
    apply(wanted);
    writeFileSync(file.path, 'wrong');
    expect(changes(wanted)).toEqual([`wrote ${file.path}`]);
    apply(wanted);
    chmodSync(file.path, 0o644);
    expect(changes(wanted)).toEqual([`wrote ${file.path}`]);
    apply(wanted);
    expect(changes(wanted)).toEqual([]);
  });

  it('merges settings into a JSON file and keeps what others wrote there', () => {
    const path = join(dir, 'daemon.json');
    writeFileSync(
      path,
      '{"bip": "10.9.0.1/24", "log-opts": {"labels": "x"}, "registry-mirrors": ["http://old"]}',
    );
    const values = {
      'registry-mirrors': ['http://mirror.lab'],
      'log-opts': { 'max-size': '50m' },
      'live-restore': true,
    };
    const wanted = state({ settings: [{ path, mode: '0644', values }] });
    expect(changes(wanted)).toEqual([`set registry-mirrors, log-opts, live-restore in ${path}`]);
    apply(wanted);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
      bip: '10.9.0.1/24',
      'log-opts': { labels: 'x', 'max-size': '50m' },
      'registry-mirrors': ['http://mirror.lab'],
      'live-restore': true,
    });
    expect(changes(wanted)).toEqual([]);
  });

  it('writes a JSON file that is not there yet, and leaves one it cannot read alone', () => {
    const path = join(dir, 'new', 'config.json');
    const wanted = state({
      settings: [{ path, mode: '0600', values: { auths: { 'r:5000': { auth: 'eDp5' } } } }],
    });
    apply(wanted);
    expect(changes(wanted)).toEqual([]);
    writeFileSync(path, 'not json');
    const done = run(
      'apply',
      items(wanted)
        .map((item) => item.apply + '\n')
        .join(''),
    );
    expect(done.status).not.toBe(0);
    expect(done.stderr).toContain(`${path} is not JSON: mend it by hand, then start again`);
    expect(readFileSync(path, 'utf8')).toBe('not json');
  });

  it('leaves a file that is only given at first to its owner', () => {
    const wanted = state({
      files: [{ path: join(dir, 'compose.yml'), mode: '0600', content: 'first', initial: true }],
    });
    apply(wanted);
    writeFileSync(join(dir, 'compose.yml'), 'edited by a person');
    expect(changes(wanted)).toEqual([]);
  });

  it('tells an installed package from one that is not', () => {
    expect(changes(state({ packages: ['bash', 'no-such-package-here'] }))).toEqual([
      'installed no-such-package-here',
    ]);
  });

  it('leaves the old file and no litter when the new one cannot be put in its place', () => {
    const path = join(dir, 'taken');
    spawnSync('mkdir', ['-p', join(path, 'child')]);
    const done = run(
      'apply',
      items(state({ files: [{ path, mode: '0644', content: 'x' }] }))
        .map((item) => item.apply + '\n')
        .join(''),
    );
    expect(done.status).not.toBe(0);
    expect(existsSync(join(path, 'child'))).toBe(true);
    expect(readdirSync(dir)).toEqual(['taken']);
  });

  it('refuses an item of a kind it does not know, and a look that answers what nobody asked', () => {
    expect(run('apply', 'reboot\tnow\n').status).toBe(2);
    expect(() => differing([], 'file\tx\n')).toThrow('nobody asked about');
  });
});
