import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { localRemote } from '../../activities/adapters/remote/local.js';
import { readJobLogs } from '../../activities/job-logs.js';

const [older, operationId] = ['20261122T031500Z-aaaaaa', '20261123T031500Z-bbbbbb'];
let root: string;
beforeEach(async () => (root = await mkdtemp(path.join(tmpdir(), 'myc-wf-logs-'))));
afterEach(() => rm(root, { recursive: true }));

/** A record as job.sh leaves it. */
async function job(key: string, startedAt: number, files: Record<string, string>): Promise<string> {
  const folder = path.join(root, 'jobs', key);
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries({ args: '', ...files })) {
    await writeFile(path.join(folder, name), text);
    await utimes(path.join(folder, name), startedAt, name === 'exit' ? startedAt + 7 : startedAt);
  }
  return folder;
}
const read = (query: Partial<Parameters<typeof readJobLogs>[1]> = {}) =>
  readJobLogs(localRemote(), { root, ...query });

test('the jobs of the newest operation, in the order they began, with their ends and last lines', async () => {
  await job(`${older}.data.-.0000`, 50, { output: 'old\n', exit: '0\n' });
  await job(`${operationId}.data.vps1-lab.1111`, 200, { output: 'a\nb\nc\n', exit: '3\n' });
  await job(`${operationId}.set-up.-.2222`, 100, { output: '', exit: '0\n' });
  const about = { operationId, state: 'ended' };
  expect(await read({ lines: 2 })).toEqual(
    [
      { ...about, key: `${operationId}.set-up.-.2222`, step: 'set-up', subject: '', exit: 0, lines: [] },
      {
        ...about,
        key: `${operationId}.data.vps1-lab.1111`,
        step: 'data',
        subject: 'vps1-lab',
        exit: 3,
        lines: ['b', 'c'],
      },
    ].map(
      (one, i) =>
        expect.objectContaining({
          ...one,
          startedAtMs: (i + 1) * 100_000,
          endedAtMs: (i + 1) * 100_000 + 7000,
        }) as object,
    ),
  );
  expect(await read({ operationId: older })).toMatchObject([{ lines: ['old'] }]);
});

test('a later look goes on where the last one was; a last line without its end is not lost', async () => {
  const folder = await job(`${operationId}.data.-.1111`, 100, { output: 'one\ntwo\n' });
  const [first] = await read();
  expect(first).toMatchObject({ state: 'lost', lines: ['one', 'two'] });
  await writeFile(path.join(folder, 'output'), 'one\ntwo\nthree\nfour');
  await writeFile(path.join(folder, 'exit'), '0\n');
  const after = new Map([[first!.key, first!.offset]]);
  const [second] = await read({ after });
  expect(second).toMatchObject({ state: 'ended', lines: ['three', 'four'] });
  expect(await read({ after: new Map([[first!.key, second!.offset]]) })).toMatchObject([{ lines: [] }]);
});

test('secrets are masked, and nothing that steers a terminal gets through', async () => {
  const output =
    'pass s3cret-7\n\u001b]0;title\u0007\u001b[31mred\u001b[0m\u0008 10%\r100%\r\nbell\u0007\u009b2J\n';
  await job(`${operationId}.data.-.1111`, 100, { output, exit: '0\n' });
  expect(await read({ secrets: ['s3cret-7'] })).toMatchObject([{ lines: ['pass ***', '100%', 'bell2J'] }]);
});

test('a host without jobs has none', async () => {
  expect(await read()).toEqual([]);
});
