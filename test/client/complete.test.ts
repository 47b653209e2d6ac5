import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Remote } from '../../activities/adapters/remote/remote.js';
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

describe('what only a host knows', () => {
  const metadata = `actions:
  load: {description: x, arguments: {--neutralize: no mail, '--level N': a number, now: at once, DATABASE: its name}}
  ls: {description: z}
`;
  const charm = `charm odoo\nmetadata ${Buffer.from(metadata).toString('base64')}\naction load hooks\naction ls hooks\n`;
  const asked: string[][] = [];
  const exec = (argv: readonly string[]) => {
    asked.push([...argv.slice(3)]);
    return Promise.resolve({
      exit: 0,
      stdout: `services db www.site\n${argv[4] === 'www.site' ? charm : ''}`,
      stderr: '',
    });
  };
  const host = (name: string) =>
    name === 'vps1.lab'
      ? Promise.resolve({ exec } as unknown as Remote)
      : Promise.reject(new Error('unreachable'));
  const onHost = async (line: string) => {
    const { stdout } = await record(['complete', '--', ...line.split(' ')], { config, hosts: { host } });
    return stdout.trim() === '' ? [] : stdout.trim().split('\n');
  };

  test.each([
    ['start action vps1.lab ', ['db', 'www.site']],
    ['start action vps1.lab w', ['www.site']],
    ['start action vps1.lab www.site ', ['load', 'ls']],
    ['start action --yes vps1.lab www.site lo', ['load']],
    ['start action vps1.lab www.site load ', ['--level', '--neutralize', 'now']],
    ['start action vps1.lab www.site load --n', ['--neutralize']],
    ['start action vps1.lab www.site load n', ['now']],
    ['start action vps1.lab www.site load DB --le', ['--level']],
    ['start action vps1.lab www.site ls --le', []],
    ['start action vps1.lab db ', []],
    ['start up vps1.lab d', ['db']],
    ['compose vps1.lab logs db w', ['www.site']],
    // A host that is away, or is none, completes nothing, and says nothing.
    ['start action vps2.lab ', []],
    ['start action ;id ', []],
    ['start action vps1.lab ../x ', []],
  ])('%s', async (line, words) => {
    expect(await onHost(line)).toEqual(words);
  });

  test('what a host calls something is completed only when it is a name', async () => {
    const hostile = ['$(id)', '`id`', 'a;id', "a'b", '../x', 'a\u001b[2J', 'é', ':files'];
    const argumentsOf = hostile.map((word) => `${JSON.stringify(word)}: x`).join(', ');
    const metadata = `actions: {load: {description: x, arguments: {${argumentsOf}, now: x}}}`;
    const charm = [
      'charm odoo',
      `metadata ${Buffer.from(metadata).toString('base64')}`,
      ...[...hostile, 'load'].map((name) => `action ${name} hooks`),
    ].join('\n');
    const evil = () =>
      Promise.resolve({
        exec: () =>
          Promise.resolve({ exit: 0, stdout: `services ${hostile.join(' ')} db\n${charm}\n`, stderr: '' }),
      } as unknown as Remote);
    const offered = async (line: string) =>
      (await record(['complete', '--', ...line.split(' ')], { config, hosts: { host: evil } })).stdout;
    expect(await offered('start action vps1.lab ')).toBe('db\n');
    expect(await offered('start action vps1.lab db ')).toBe('load\n');
    expect(await offered('start action vps1.lab db load ')).toBe('now\n');
    const { stdout, stderr } = await record(['start', 'action', 'vps1.lab', 'db'], {
      config,
      hosts: { host: evil },
    });
    expect(stdout).toContain('  load');
    expect(stdout).not.toContain('$(id)');
    expect(stderr).toBe('8 names are left out, since what vps1.lab says there are none\n');
  });

  test('a host that does not answer is waited for no longer than three seconds', async () => {
    const began = performance.now();
    const hangs = () => new Promise<never>(() => undefined);
    const { stdout } = await record(['complete', '--', 'start', 'action', 'vps1.lab', ''], {
      config,
      hosts: { host: hangs },
    });
    expect(stdout.trim()).toBe('');
    expect(performance.now() - began).toBeLessThan(5000);
  });

  test('it is not asked where no name of its own may stand', async () => {
    asked.length = 0;
    await onHost('start action v');
    await onHost('start deploy vps1.lab o');
    await onHost('start action vps1.lab www.site load --input ');
    await onHost('compose vps1.lab s');
    expect(asked).toEqual([]);
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

describe.each(['zsh', 'fish'] as const)('in a real %s', (shell) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), `myc-wf-${shell}-`));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'config.yml');
  writeFileSync(
    file,
    'hosts: {vps1.lab: {}, other.lab: {}}\nbackup-targets: {"backup.lab:10023": {admin: me}}\n',
  );
  writeFileSync(path.join(folder, 'here.yml'), '');
  const program = path.join(folder, 'myc-wf');
  const cli = `${process.execPath} --import ${root}/node_modules/tsx/dist/loader.mjs ${root}/client/cli.ts --config ${file}`;
  writeFileSync(
    program,
    `#!/bin/sh\ncase $1 in complete | completion) exec ${cli} "$@" ;; esac\nprintf 'ran: %s.\\n' "$*"\n`,
    { mode: 0o755 },
  );
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, HOME: folder, TERM: 'dumb' };

  /** What is run when somebody types the line, Tab and Return: zsh at a terminal; fish says what it would offer. */
  const completedLine = (line: string): string => {
    if (shell === 'fish') {
      const said = execFileSync('fish', ['-c', `myc-wf completion fish | source; complete -C '${line}'`], {
        ...{ cwd: folder, env, encoding: 'utf8' },
      });
      return said.trim();
    }
    const start = 'autoload -U compinit; compinit -u -D; eval "$(myc-wf completion zsh)"; PS1=';
    const typed = `${start}\n${line}\t\n exit\n`;
    const said = execFileSync('script', ['-qec', 'zsh -f -i', '/dev/null'], {
      ...{ cwd: folder, env, encoding: 'utf8', input: typed, timeout: 60_000 },
    });
    return /ran: (.*)\./.exec(said)?.[1]?.trim() ?? said;
  };

  test.each([
    ['myc-wf fol', 'follow'],
    ['myc-wf start deploy v', 'vps1.lab'],
    ['myc-wf start recover me@backup.lab:10023#o', 'me@backup.lab:10023#other.lab'],
    ['myc-wf compose plan --file he', 'here.yml'],
  ])('%s', (line, word) => {
    const said = completedLine(line);
    if (shell === 'fish') expect(said.split('\n')).toEqual([word]);
    else expect(said).toBe(`${line.slice('myc-wf '.length, line.lastIndexOf(' ') + 1)}${word}`);
  });
});

describe.each(['bash', 'zsh', 'fish'] as const)('in a real %s, whatever the program says', (shell) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), `myc-wf-hostile-${shell}-`));
  afterAll(() => rmSync(folder, { recursive: true }));
  const scripts = { bash: 'bash.sh', zsh: 'myc-wf.zsh', fish: 'myc-wf.fish' };
  const script = path.join(root, 'client/completion', scripts[shell]);
  // What it is asked to complete it completes with what `said` holds; else it tells how it was called.
  writeFileSync(
    path.join(folder, 'myc-wf'),
    '#!/bin/sh\ncase $1 in complete) exec cat "$HOME/said" ;; esac\nprintf "<%s>" "$@" >"$HOME/ran"\n',
    { mode: 0o755 },
  );
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, HOME: folder, TERM: 'dumb' };
  const starts = {
    bash: ['bash --norc --noprofile -i', `source ${script}; PS1=`],
    zsh: ['zsh -f -i', `autoload -U compinit; compinit -u -D; source ${script}; PS1=`],
    fish: ['fish --no-config -i', `source ${script}; function fish_prompt; end`],
  };

  test.each([
    'vps$(touch pwned)',
    'vps`touch pwned`',
    'vps;touch pwned;',
    "vps'$(touch pwned)'",
    'vps{a,b}*?[a]~',
    'vps\\$(touch pwned)',
    'vps!!',
  ])('a name such as %s is one word on the line, and runs nothing', (name) => {
    rmSync(path.join(folder, 'ran'), { force: true });
    writeFileSync(path.join(folder, 'said'), `${name}\n`);
    const [program, start] = starts[shell] as [string, string];
    execFileSync('script', ['-qec', program, '/dev/null'], {
      ...{ cwd: folder, env, input: `${start}\nmyc-wf start vps\t\nexit\n`, timeout: 60_000 },
    });
    expect(existsSync(path.join(folder, 'pwned'))).toBe(false);
    expect(readFileSync(path.join(folder, 'ran'), 'utf8')).toBe(`<start><${name}>`);
  });
});
