import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from '../../lab/run.js';

const library = fileURLToPath(new URL('../../../activities/scripts/lib/transfer.sh', import.meta.url));

let folder: string;
beforeEach(async () => (folder = await mkdtemp(path.join(tmpdir(), 'myc-transfer-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

/** `with_progress data TOTAL`, with these words of rsync's for the transfer; what the job's progress is in the end. */
async function transferred(rsync: string, total: string) {
  const script = `. "$0"; transfer() { ${rsync}; }; with_progress data "$1"; echo went on`;
  const file = path.join(folder, 'progress');
  const ran = await run(['bash', '-c', script, library, total], {
    env: { MYC_PROGRESS: file },
    allowFailure: true,
  });
  return { ...ran, progress: await readFile(file, 'utf8') };
}

test('progress is the last that rsync said, however its words are cut', async () => {
  const said = [
    `printf '\\r         32,768'`,
    `printf '\\r  32768   0%%    0.00kB/s    0:00:00  \\r 40'`,
    'sleep 0.2',
    `printf '0000  80%%   3MB/s 0:00:01 (xfr#1, to-chk=3/5)\\r'`,
    `printf '  500000 100%%   3MB/s    0:00:01 (xfr#2, to-chk=0/5)\\r'`,
  ];
  const { code, progress } = await transferred(said.join('; '), '1000000');
  expect({ code, progress }).toEqual({ code: 0, progress: 'data 500000 1000000\n' });
});

test('what was said at first stays where nothing is transferred', async () => {
  expect((await transferred('true', '0')).progress).toBe('data 0 \n');
});

test('the exit code of a transfer ends the job', async () => {
  expect(await transferred('exit 28', '0')).toMatchObject({ code: 28, stdout: '' });
});
