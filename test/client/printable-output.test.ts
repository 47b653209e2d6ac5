import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { Remote } from '../../activities/adapters/remote/remote.js';
import { hostUnreachable, jobFailed } from '../../activities/failures.js';
import type { Engine, Look } from '../../client/engine.js';
import { asCommandError } from '../../client/errors.js';
import { makeOutput, table } from '../../client/output.js';
import { liveView } from '../../client/progress-view.js';
import { completed, record, Sink } from './recorder.js';

/** What a hostile container, host, backup target or registry says, wherever it says something. */
const evil =
  '\u001b]52;c;ZXZpbA==\u0007\u001b[2J\u001bPq\u001b\\\u009b2J\u0085\u202edlrow\u2069 \u2028x\u200by\u0008\rok\u007f';
const steers = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const unprintable = (text: string): RegExpExecArray | null => steers.exec(text.replace(/[\n\t]/g, ''));

/** A host that answers the scripts in their own words, with hostile text in each place that is free. */
const answers: Record<string, string> = {
  'services-state.sh': 'service web\ncontainer web running\n',
  'ps --all': JSON.stringify({
    ...{ Service: 'web', Name: 'web-1', State: evil, Status: evil, Health: evil },
    Publishers: [{ URL: evil, TargetPort: 80, PublishedPort: 80, Protocol: evil }],
  }),
  'logs --no-color': `web-1  | ${evil}\n${evil}\n`,
  'postgres-ls.sh': `postgres ${JSON.stringify([{ name: evil, owner: evil, bytes: 1, encoding: evil }])}\n`,
  'container-ips.sh': `web ${evil.replaceAll(' ', '')} net 172.18.0.3 -\n`,
  'doctor-look.sh': `clock 0\ndisk ${evil.replaceAll(' ', '')} 1 2\ndocker ${evil}\nstages 0\n`,
  'cutoff-look.sh': `port 25\nuncovered ${evil}\n`,
  'job-logs.sh': `job 20261123T031500Z-k3x9qa.compose-ready.${evil}.1 100\noutput ${evil}\nrunning ${evil}\n`,
  'ssh-key ls': JSON.stringify({ idents: [{ ident: evil, read: [{ expires: evil, key: evil }] }] }),
};

type Answering = (words: string) => { exit: number; stdout: string; stderr: string };
const kinds: Record<string, Answering> = {
  'in the right form': (words) => ({
    ...{ exit: 0, stderr: evil },
    stdout: Object.entries(answers).find(([word]) => words.includes(word))?.[1] ?? '',
  }),
  'in no form': () => ({ exit: 0, stdout: `${evil}\n`, stderr: evil }),
  'that it failed': (words) =>
    words.includes('services-state')
      ? { exit: 0, stdout: answers['services-state.sh']!, stderr: '' }
      : { exit: 1, stdout: evil, stderr: evil },
  'that it cannot be reached': () => {
    throw hostUnreachable('vps1.lab', evil);
  },
};

function hostsOf(answer: Answering) {
  const exec: Remote['exec'] = async (argv, options) => {
    const answered = await Promise.resolve(answer(argv.join(' ')));
    if (options?.onLine !== undefined) answered.stdout.split('\n').filter(Boolean).forEach(options.onLine);
    return answered;
  };
  const remote: Remote = { name: 'vps1.lab', exec, openUnixSocket: () => Promise.reject(new Error(evil)) };
  return { host: () => Promise.resolve(remote), backupTarget: () => Promise.resolve(remote) };
}

const look: Look = {
  ...completed,
  ...{ workflowId: `host/${evil}`, type: evil, status: 'running', endedAtMs: 1 },
  pending: [
    { type: evil, attempt: 2, lastFailure: evil, heartbeat: { step: 'a', phase: evil } },
    { type: evil, attempt: 3, lastFailure: `${evil}\n${evil}` },
  ],
  progress: {
    ...{
      operation: evil,
      subject: evil,
      operationId: '20261123T031500Z-k3x9qa',
      dryRun: false,
      children: [],
    },
    steps: [
      { id: 'a', title: `${evil}\n✔ all is well`, state: 'running', detail: evil, startedAtMs: 1 },
      { id: 'b', title: evil, state: 'done', detail: `${evil}\n✔ restored`, startedAtMs: 1, endedAtMs: 2 },
      { id: 'c', title: evil, state: 'pending' },
    ],
    question: { step: 'a', text: evil, answers: ['yes', 'no'], digest: 'd' },
  },
};
const engine: Partial<Engine> = {
  look: () => Promise.resolve({ ...look, status: 'completed' }),
  list: () => Promise.resolve([look]),
  result: () => Promise.resolve({ host: evil, summary: evil, changed: [evil] }),
  listSchedules: () => Promise.resolve([{ id: evil, paused: true, note: evil, next: evil, last: evil }]),
  uiUrl: (id) => `http://ui/${id}${evil}`,
};

const config = {
  hosts: { 'vps1.lab': { 'host-keys': ['ssh-ed25519 AAAA'] } },
  'backup-targets': { 'backup.lab:10023': { 'host-keys': ['ssh-ed25519 AAAA'], admin: 'me' } },
};

/** All that a command said, its error too; what is not for people first. */
async function said(line: string, answer: Answering, json: boolean): Promise<[string, string]> {
  const words = [...line.split(' '), ...(json ? ['--json'] : [])];
  const errors = { stdout: new Sink(), stderr: new Sink() };
  try {
    const { stdout, stderr } = await record(words, { config, engine, hosts: hostsOf(answer) });
    return [stdout, stderr];
  } catch (error) {
    const { message, next, exitCode } = asCommandError(error);
    makeOutput({ json, ...errors }).error(message, next, exitCode);
    return [errors.stdout.text, errors.stderr.text];
  }
}

const lines = [
  ...['compose vps1.lab ps', 'compose vps1.lab logs', 'compose vps1.lab ip', 'compose vps1.lab config'],
  ...['compose vps1.lab plan', 'ip vps1.lab', 'postgres ls vps1.lab', 'cutoff status vps1.lab', 'doctor'],
  ...['start action vps1.lab web', 'start action vps1.lab web save --detach', 'logs vps1.lab', 'status'],
  ...['status vps1.lab', 'list', 'result vps1.lab', 'ui vps1.lab', 'follow vps1.lab', 'schedule list'],
  ...['start deploy vps1.lab', 'complete -- start up vps1.lab '],
];

describe.each(Object.entries(kinds))('a host that answers %s', (_, answer) => {
  test.each(lines)('%s', async (line) => {
    for (const json of [false, true]) {
      const [stdout, stderr] = await said(line, answer, json);
      expect(unprintable(stdout + stderr), JSON.stringify(stdout + stderr)).toBeNull();
      if (json)
        for (const document of stdout.split('\n').filter(Boolean))
          expect(() => JSON.parse(document) as unknown).not.toThrow();
    }
  });
});

test('what is shown says that it was there', async () => {
  expect((await said('compose vps1.lab ps', kinds['in the right form']!, false))[0]).toContain('\\x1b]52;c;');
  expect((await said('status vps1.lab', kinds['in the right form']!, false))[0]).toContain('\\u202e');
});

test('of a failed job its last lines', () => {
  const stderr = new Sink();
  const output = makeOutput({ json: false, stdout: new Sink(), stderr });
  const { message, next, exitCode } = asCommandError(
    jobFailed({ host: 'vps1.lab', step: evil, exit: 1, lastLines: [evil, evil] }),
  );
  output.error(message, next, exitCode);
  output.say(evil);
  expect(stderr.text).toContain('\\x1b]52');
  expect(unprintable(stderr.text)).toBeNull();
});

/** What a terminal gets, its own colours and movements of the view left out. */
class Screen extends Writable {
  isTTY = true;
  columns = 100;
  rows = 40;
  text = '';
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

test('the live view draws over itself, and nothing else', async () => {
  const screen = new Screen();
  const view = await liveView(screen as unknown as NodeJS.WriteStream);
  view.update({
    ...{ title: evil, uiUrl: evil, runUrl: evil },
    look,
    children: [look],
    rates: new Map(),
    nowMs: 9,
  });
  view.end();
  const own = /\u001b\[(?:\d+(?:;\d+)*m|\?25[lh]|\?2026[lh]|[12]K|\d*[AGKF]|0?J)/g;
  expect(unprintable(screen.text.replace(own, ''))).toBeNull();
  expect(screen.text).toContain('\\x1b]52');
  // No row but a step's own, however often it is drawn.
  const done = screen.text
    .replace(own, '')
    .split('\n')
    .filter((row) => row.startsWith('✔ '));
  expect(done.every((row) => row.startsWith('✔ \\x1b]52'))).toBe(true);
});

test('a cell that holds a line end is no second row', () => {
  expect(
    table([
      ['a\nb', 'x'],
      ['c', 'y'],
    ]),
  ).toBe('a\\x0ab  x\nc       y');
});
