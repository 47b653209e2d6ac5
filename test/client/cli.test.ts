import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const folder = mkdtempSync(path.join(os.tmpdir(), 'myc-wf-cli-'));
const config = path.join(folder, 'config.yml');
writeFileSync(config, 'hosts:\n  vps1.lab: {}\n');

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** The program as a process: its exit code and both its streams. */
function myc(...words: string[]): Promise<Ended> {
  const root = path.resolve(import.meta.dirname, '../..');
  const argv = ['--import', 'tsx', path.join(root, 'client/cli.ts'), '--config', config, ...words];
  const env = { ...process.env, NO_COLOR: '1' };
  return new Promise((resolve) => {
    execFile(process.execPath, argv, { cwd: root, env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

describe('bad input ends with 2 and one clear message, and nothing on stdout', { timeout: 30_000 }, () => {
  test.each([
    [['start', 'deploy', 'vps1;reboot'], '"vps1;reboot" is not a host name'],
    [['start', 'deploy', '`id`'], '"`id`" is not a host name'],
    [['start', 'deploy', 'vps1\nvps2'], '"vps1\\nvps2" is not a host name'],
    [['start', 'deploy', '-vps1'], "unknown option '-vps1'"],
    [['start', 'deploy', '--', '-vps1'], '"-vps1" is not a host name'],
    [['start', 'deploy', '..'], '".." is not a host name'],
    [['start', 'recover-target', 'vps1.lab', '/srv/../etc', '/x'], '"/srv/../etc" is not an absolute path'],
    [['follow', 'host/../x'], '"host/../x" is not a workflow id'],
    [['start', 'deploy'], "missing required argument 'host'\n  add --help to see what there is"],
    [['start', 'nothing'], "unknown command 'nothing'\n  add --help to see what there is"],
    [['frobnicate'], "unknown command 'frobnicate'\n  add --help to see what there is"],
    [['compose', 'vps1.lab', 'nothing'], "unknown command 'nothing'\n  add --help to see what there is"],
    [['answer', 'vps1.lab', 'maybe'], 'Allowed choices are yes, no, retry'],
    [['start', 'deploy', 'vps1.lab', '--parallel', '0'], 'Write a whole number'],
  ])('%j', async (words, message) => {
    const { code, stdout, stderr } = await myc(...words);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

test('an unknown host ends with 10', { timeout: 30_000 }, async () => {
  const { code, stderr } = await myc('start', 'deploy', 'vps9.lab');
  expect(stderr).toBe(
    `error: vps9.lab is not in the inventory (${config})\n  myc-wf start vps-setup root@vps9.lab adds it\n`,
  );
  expect(code).toBe(10);
});

test(
  'a malformed configuration ends with 2 and a caret; --json says it in one document',
  { timeout: 30_000 },
  async () => {
    const bad = path.join(folder, 'bad.yml');
    writeFileSync(bad, 'hosts:\n  vps1.lab:\n    port: 99999\n');
    const { code, stdout } = await myc('config', 'validate', bad, '--json');
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { exitCode: 2 } });
    const { stderr } = await myc('config', 'validate', bad);
    expect(stderr).toContain(`${bad}:3:11: `);
    expect(stderr).toContain('\n  3 |     port: 99999\n    |           ^\n');
  },
);

test('config validate says what it found', { timeout: 30_000 }, async () => {
  expect(await myc('config', 'validate')).toEqual({
    code: 0,
    stdout: `${config}\nvalid: 1 hosts, 0 backup targets\n`,
    stderr: '',
  });
});

test(
  '--help lists every command and exit code; start --help every operation',
  { timeout: 30_000 },
  async () => {
    const help = await myc('--help');
    expect(help.code).toBe(0);
    const commands = [...help.stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, word]) => word);
    expect(commands).toEqual(
      'start compose follow status list answer cancel result logs ui schedule st ip postgres cutoff up down worker doctor config completion help'.split(
        ' ',
      ),
    );
    expect(help.stdout).toContain('  11   host busy');
    const start = await myc('start', '--help');
    const operations = [...start.stdout.matchAll(/^ {2}([a-z-]+) \[options\]/gm)].map(([, word]) => word);
    expect(operations).toEqual(
      'vps-setup deploy up backup-install backup recover update cutoff recover-target action'.split(' '),
    );
  },
);
