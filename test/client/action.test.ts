import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { localRemote } from '../../activities/adapters/remote/local.js';
import type { Remote } from '../../activities/adapters/remote/remote.js';
import type { Engine } from '../../client/engine.js';
import { CommandError } from '../../client/errors.js';
import { exitCodes } from '../../client/exit-codes.js';
import { operationId, record } from './recorder.js';

const metadata = `actions:
  save: {description: the pages, usage: '[TITLE]', arguments: {TITLE: one page}, output: an archive}
  load: {description: from an archive, input: an archive, replaces: all pages}
  ls: {description: their names}
`;
const said = `services site other\ncharm wiki\nmetadata ${Buffer.from(metadata).toString('base64')}
action save no-hooks\naction load no-hooks\naction ls hooks\naction plain hooks\n`;
let root: string;

/** This machine, with a folder of the test's own for the host's; what a host says of its charms is given. */
const remote = (): Remote => {
  const local = localRemote('vps1.lab');
  return {
    ...local,
    exec: (argv, options) =>
      argv[3] === 'action-look.sh'
        ? Promise.resolve({
            exit: 0,
            stdout: argv[4] === 'site' ? said : 'services site other\n',
            stderr: '',
          })
        : local.exec(
            argv.map((word) => word.replace('/var/lib/myc-wf', root)),
            options,
          ),
  };
};
const folder = () => join(root, 'streams', operationId);
const wrote = (text: string): Partial<Engine> => ({
  result: () => {
    mkdirSync(folder(), { recursive: true });
    writeFileSync(join(folder(), 'output'), text);
    const sha256 = createHash('sha256').update(text).digest('hex');
    return Promise.resolve({
      ...{ host: 'vps1.lab', changed: ['ran it'], summary: 'it is done' },
      output: { path: join(folder(), 'output'), bytes: text.length, sha256 },
    });
  },
});
const action = (words: string, rest: { engine?: Partial<Engine>; stdin?: string } = {}) =>
  record(['start', 'action', ...words.split(' ').filter(Boolean)], {
    hosts: { host: () => Promise.resolve(remote()) },
    engine: wrote('the output\n'),
    ...rest,
  });

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'action-'));
});

describe('what there is', () => {
  test('without a name: the actions of the service, as its charm describes them', async () => {
    const { stdout, starts } = await action('vps1.lab site');
    expect(stdout).toBe(
      'myc-wf start action vps1.lab site …\n  save [TITLE]  the pages\n  load          from an archive\n  ls            their names\n  plain\n',
    );
    expect(starts).toEqual([]);
  });

  test('--help is of the action', async () => {
    const { stdout } = await action('vps1.lab site load --help');
    expect(stdout).toContain('myc-wf start action vps1.lab site load\n  from an archive\n');
    expect(stdout).toMatch(/< FILE, --input +an archive/);
    expect(stdout).toMatch(/--yes +consent: it replaces all pages/);
    expect((await action('--help')).stdout).toContain(
      'Usage: myc-wf start action [options] [host] [service]',
    );
  });

  test.each([
    ['vps1.lab sitte save', 'no service sitte was brought up on vps1.lab', 'write one of: site'],
    ['vps1.lab site sav', 'the charm wiki has no action sav', 'write one of: save'],
  ])('%s', async (words, what, next) => {
    await expect(action(words)).rejects.toMatchObject({ name: 'BadInput', what, next });
  });
});

describe('what goes in', () => {
  const input = { operationId, host: 'vps1.lab', service: 'site', action: 'load' };

  test('a file is on the host, whole and for root only, before the workflow starts', async () => {
    const file = join(root, 'in');
    writeFileSync(file, 'a\0b');
    const { starts } = await action(`vps1.lab site load --neutralize title --yes -i ${file}`);
    expect(starts).toMatchObject([
      {
        workflowType: 'action',
        workflowId: 'host/vps1.lab',
        input: { ...input, args: ['--neutralize', 'title'], input: 'stream', yes: true },
      },
    ]);
    expect(JSON.stringify(starts)).not.toContain(file);
  });

  test('a pipe, and a file of the host', async () => {
    const seen: string[] = [];
    const engine: Partial<Engine> = {
      ...wrote(''),
      start: (request) => {
        seen.push(readFileSync(join(folder(), 'input'), 'latin1'));
        expect(statSync(join(folder(), 'input')).mode & 0o777).toBe(0o600);
        return Promise.resolve({ workflowId: request.workflowId, runId: 'r1' });
      },
    };
    await action('vps1.lab site load --yes', { stdin: 'from a pipe', engine });
    expect(seen).toEqual(['from a pipe']);
    const { starts } = await action('vps1.lab site load --yes --from-host /root/x');
    expect(starts).toMatchObject([{ input: { ...input, input: '/root/x' } }]);
    for (const way of ['--from-host', '--to-host'])
      await expect(
        action(`vps1.lab site load --yes ${way} /srv/datastore/data/site/x`, { stdin: '' }),
      ).rejects.toThrow('is in the datastore, where containers decide what a name leads to');
  });

  test('a workflow that does not start leaves nothing on the host; nor does a file that is not there', async () => {
    const busy = new CommandError(exitCodes.busy, 'busy');
    const engine = { start: () => Promise.reject(busy) };
    await expect(action('vps1.lab site load --yes', { stdin: 'x', engine })).rejects.toBe(busy);
    expect(readdirSync(join(root, 'streams'))).toEqual([]);
    await expect(action('vps1.lab site load --yes -i /no/such/file')).rejects.toThrow('cannot be read');
    expect(readdirSync(join(root, 'streams'))).toEqual([]);
  });

  test('what is replaced needs consent', async () => {
    await expect(action('vps1.lab site load', { stdin: 'x' })).rejects.toMatchObject({
      message: 'load replaces all pages',
      next: 'add --yes to go on',
    });
    expect(existsSync(join(root, 'streams'))).toBe(false);
  });
});

describe('what comes out', () => {
  test('goes to standard output and nothing else does', async () => {
    const { stdout, stderr, exitCode } = await action('vps1.lab site ls');
    expect(stdout).toBe('the output\n');
    expect(stderr).toContain('it is done');
    expect(exitCode).toBe(0);
    expect(existsSync(folder())).toBe(false);
  });

  test('goes to a file, which is there when all of it came', async () => {
    const file = join(root, 'out');
    const { stdout } = await action(`vps1.lab site save -o ${file}`);
    expect(stdout).toContain(`wrote ${file}`);
    expect(readFileSync(file, 'utf8')).toBe('the output\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const other = {
      result: () =>
        Promise.resolve({ host: 'vps1.lab', changed: [], summary: '', output: { sha256: 'b'.repeat(64) } }),
    };
    mkdirSync(folder(), { recursive: true });
    writeFileSync(join(folder(), 'output'), 'less');
    await expect(action(`vps1.lab site save -o ${file}`, { engine: other })).rejects.toThrow(
      'is not what the action wrote',
    );
    expect(readFileSync(file, 'utf8')).toBe('the output\n');
    expect(existsSync(`${file}.part`)).toBe(false);
  });

  test('a text fits into JSON, an archive does not', async () => {
    const { stdout } = await action('vps1.lab site ls --json');
    expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toMatchObject({
      summary: 'it is done',
      stdout: 'the output\n',
    });
    await expect(action('vps1.lab site save --json')).rejects.toThrow('which is nothing for JSON');
  });

  test('nothing is fetched where nothing was written, and nobody detaches from what he would have to fetch', async () => {
    const engine = wrote('');
    const { stdout } = await action('vps1.lab site ls', { engine });
    expect(stdout).toBe('it is done\n  ran it\n');
    await expect(action('vps1.lab site save --detach')).rejects.toMatchObject({ next: 'add --to-host PATH' });
    expect((await action('vps1.lab site ls --detach')).starts).toHaveLength(1);
  });

  test('stays on the host where it is asked for', async () => {
    const { starts, stdout } = await action('vps1.lab site save --to-host /root/x');
    expect(starts).toMatchObject([{ input: { action: 'save', output: '/root/x' } }]);
    expect(stdout).toBe('it is done\n  ran it\n');
  });
});
