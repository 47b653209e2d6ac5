import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { record } from './recorder.js';

const root = path.resolve(import.meta.dirname, '../..');
const config = {
  hosts: { 'vps1.lab': {}, 'vps2.lab': {}, 'other.lab': {} },
  'backup-targets': { 'backup.lab:10023': { admin: 'myadmin' } },
};
const completed = async (line: string) => {
  const { stdout } = await record(['complete', '--', ...line.split(' ')], { config });
  return stdout.trim() === '' ? [] : stdout.trim().split('\n');
};

describe('what may stand in place of the last word', () => {
  test.each([
    ['fol', ['follow']],
    ['start re', ['recover', 'recover-target']],
    ['start deploy v', ['vps1.lab', 'vps2.lab']],
    ['start deploy vps1.lab o', ['other.lab']],
    ['start deploy vps1.lab --no', ['--no-docker-restart']],
    ['start up vps1.lab --file ', [':files']],
    ['start recover m', ['other', 'vps1', 'vps2'].map((host) => `myadmin@backup.lab:10023#${host}.lab`)],
    ['start backup-install my', ['myadmin@backup.lab:10023']],
    ['start backup-install myadmin@backup.lab:10023 vps2', ['vps2.lab']],
    ['follow vps', ['vps1.lab', 'vps2.lab']],
    ['answer vps1.lab ', ['no', 'retry', 'yes']],
    ['list --host oth', ['other.lab']],
    ['list --operation back', ['backup', 'backup-install']],
    ['list --limit 5 --sta', ['--status']],
    ['compose p', ['plan']],
    ['compose vps1.lab p', ['plan', 'ps']],
    ['compose vps1.lab stop --d', ['--detach', '--dry-run']],
    ['st v', ['vps1.lab', 'vps2.lab']],
    ['compose v', ['vps1.lab', 'vps2.lab']],
    ['config v', ['validate']],
    ['nothing x', []],
  ])('%s', async (line, words) => {
    expect(await completed(line)).toEqual(words);
  });
});

test('what --help does not show is not completed', async () => {
  expect(await completed('comp')).toEqual(['completion', 'compose']);
  expect(await completed('start --')).toEqual(['--help']);
});

describe('in a real bash', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'myc-wf-bash-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'config.yml');
  writeFileSync(
    file,
    'hosts: {vps1.lab: {}, vps2.lab: {}}\nbackup-targets: {"backup.lab:10023": {admin: me}}\n',
  );
  writeFileSync(path.join(folder, 'here.yml'), '');
  /** As readline asks: the line up to the cursor, and its words as bash breaks them. */
  const asked = (line: string, words: string[]) => {
    const script = `
      myc-wf() { ${process.execPath} --import tsx ${root}/client/cli.ts --config ${file} "$@"; }
      eval "$(myc-wf completion bash)"
      COMP_LINE=$1 COMP_POINT=\${#1}; shift
      COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
      _myc_wf; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const argv = ['-c', script, 'bash', line, ...words];
    return execFileSync('bash', argv, { cwd: root, encoding: 'utf8' }).trim().split('\n');
  };
  test('hosts', () => {
    expect(asked('myc-wf start deploy v', ['myc-wf', 'start', 'deploy', 'v'])).toEqual([
      'vps1.lab',
      'vps2.lab',
    ]);
  });
  test('the part behind the colon, where bash breaks the word', () => {
    const words = ['myc-wf', 'start', 'recover', 'me', '@', 'backup.lab', ':', '10023#vps1'];
    expect(asked('myc-wf start recover me@backup.lab:10023#vps1', words)).toEqual(['10023#vps1.lab']);
  });
  test('a configuration that is broken completes commands all the same', () => {
    const [whole, broken] = [readFileSync(file, 'utf8'), 'hosts: ['];
    writeFileSync(file, broken);
    expect(asked('myc-wf fol', ['myc-wf', 'fol'])).toEqual(['follow']);
    writeFileSync(file, whole);
  });
  test('files', () => {
    const line = `myc-wf compose plan --file ${folder}/h`;
    expect(asked(line, line.split(' '))).toEqual([`${folder}/here.yml`]);
  });
});

test.each([
  ['zsh', 'compdef _myc_wf myc-wf'],
  ['fish', "complete -c myc-wf -f -a '(__myc_wf)'"],
])('a script for %s, which asks the program in the same way', async (shell, last) => {
  const { stdout } = await record(['completion', shell]);
  expect(stdout).toContain(' complete -- ');
  expect(stdout.trim().split('\n').at(-1)).toBe(last);
});
