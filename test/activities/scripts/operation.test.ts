import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Claimed, claimHost } from '../../../activities/claim.js';
import { stopByPrefix } from '../../../activities/run-job.js';
import type { OperationId } from '../../../workflows/contract/names.js';
import { FakeHost } from './fake-host.js';

const plane = { id: '1111111111111111', name: 'laptop' };
const ended = '20261123T031500Z-aaaaaa' as OperationId;
const next = '20261123T031000Z-bbbbbb' as OperationId;
let host: FakeHost;
beforeEach(() => {
  host = new FakeHost();
  mkdirSync(host.root);
});
afterEach(async () => {
  await host.idle();
  host.remove();
});

const mark = () => path.join(host.root, 'operation');
const begin = (id: OperationId, scheduledMs: number, word = 'deploy'): Promise<Claimed> =>
  claimHost(host.remote(plane.id), { host: 'vps1', dryRun: false }, plane, {
    operation: { id, word, scheduledMs },
  });
/** A job that leaves a file behind once it runs; which one is named by its step. */
const start = (operationId: OperationId, exclusive: boolean | 'beside' = true, step = 'data') =>
  host.job({ operationId, step, exclusive }, `echo ran >>${host.folder}/ran-${step}`, plane.id).ended;
const ran = (step = 'data') => existsSync(path.join(host.folder, `ran-${step}`));
const refused = {
  type: 'HostHeldByLater',
  nonRetryable: true,
  message: expect.stringMatching(
    /^this operation was ended, and recover \(20261123T031000Z-bbbbbb\) holds vps1 since \d{4}-\d\d-\d\dT\d\d:\d\dZ: nothing more/,
  ) as string,
};

test.each([true, 'beside'] as const)(
  'a job (exclusive: %s) that a terminated operation has not begun is refused once the next one looked',
  async (exclusive) => {
    await begin(ended, 1000);
    expect((await start(ended, exclusive, 'before')).exit).toBe(0);
    expect(await begin(next, 2000, 'recover')).toEqual({ left: [] });
    await expect(start(ended, exclusive)).rejects.toMatchObject(refused);
    expect(ran()).toBe(false);
    expect((await start(next, exclusive, 'after')).exit).toBe(0);
  },
);

test('a backup goes on beside any operation, and what has ended is still told', async () => {
  const backup = '20261122T022000Z-cccccc' as OperationId;
  await begin(ended, 1000);
  expect((await start(ended)).ranNow).toBe(true);
  await begin(next, 2000, 'recover');
  expect((await start(backup, false, 'backup')).exit).toBe(0);
  expect(await start(ended)).toMatchObject({ exit: 0, ranNow: false });
});

test('the first activity of a terminated operation does not take the host from the next one', async () => {
  await begin(next, 2000, 'recover');
  const before = readFileSync(mark(), 'utf8');
  expect(before).toMatch(/^20261123T031000Z-bbbbbb 2000 1{16} recover \d{4}-.*Z\n$/);
  await expect(begin(ended, 1500)).rejects.toMatchObject(refused);
  expect(readFileSync(mark(), 'utf8')).toBe(before);
  expect((await start(next)).exit).toBe(0);
});

test('an operation asks again as often as it likes, and one that is reset takes the host back', async () => {
  await begin(ended, 1000);
  await begin(ended, 900);
  await begin(next, 2000, 'recover');
  await begin(ended, 3000);
  expect((await start(ended)).exit).toBe(0);
  await expect(start(next)).rejects.toMatchObject({ type: 'HostHeldByLater' });
});

test('a host that was taken over does not ask the clock of the control plane that had it', async () => {
  await begin(ended, 5000);
  const office = { id: '2222222222222222', name: 'office' };
  const operation = { id: next, word: 'deploy', scheduledMs: 10 };
  const input = { host: 'vps1', dryRun: false, takeover: true };
  expect(await claimHost(host.remote(), input, office, { operation })).toHaveProperty('takenFrom');
  expect(readFileSync(mark(), 'utf8')).toContain(`${next} 10 ${office.id}`);
});

test('a job that begins while the next operation looks is told to it: none is in between', async () => {
  writeFileSync(path.join(host.folder, 'before-start'), `: >${host.folder}/held; sleep 0.5\n`);
  await begin(ended, 1000);
  const job = host.job({ operationId: ended, step: 'data' }, 'sleep 60', plane.id).ended;
  while (!existsSync(path.join(host.folder, 'held'))) await sleep(10);
  const { left } = await begin(next, 2000, 'recover');
  expect(left.map(({ holder }) => holder)).toEqual([`data (${ended})`]);
  await stopByPrefix(host.remote(), left[0]!.key);
  expect((await job).exit).toBe(143);
});

test('so it is when what starts the job is killed', async () => {
  // systemd-run goes on, without the shell that asked for it.
  writeFileSync(
    path.join(host.folder, 'before-start'),
    `kill -9 "$(ps -o ppid= -p $PPID)"; : >${host.folder}/held; sleep 0.5\n`,
  );
  await begin(ended, 1000);
  const job = host.job({ operationId: ended, step: 'data' }, 'sleep 60', plane.id).ended;
  await expect(job).rejects.toThrow('a job cannot be run (data)');
  while (!existsSync(path.join(host.folder, 'held'))) await sleep(10);
  const { left } = await begin(next, 2000, 'recover');
  expect(left).toHaveLength(1);
  await stopByPrefix(host.remote(), left[0]!.key);
});

test('a unit that systemd starts when all who asked for it are dead finds that it is too late', async () => {
  // What systemd was told it does, and holds nobody's lock.
  writeFileSync(
    path.join(host.folder, 'before-start'),
    `(exec 5>&- 9>&-; until [ -e ${host.folder}/go ]; do sleep 0.02; done; bash ${host.root}/jobs/*/job.sh wrap ` +
      `"$(ls ${host.root}/jobs)"; : >${host.folder}/over) </dev/null >/dev/null 2>&1 &\n` +
      'kill -9 "$(ps -o ppid= -p $PPID)" $PPID\n',
  );
  await begin(ended, 1000);
  await expect(start(ended)).rejects.toThrow('a job cannot be run (data)');
  expect(await begin(next, 2000, 'recover')).toEqual({ left: [] });
  writeFileSync(path.join(host.folder, 'go'), '');
  while (!existsSync(path.join(host.folder, 'over'))) await sleep(10);
  expect(ran()).toBe(false);
  const [key = ''] = readdirSync(path.join(host.root, 'jobs'));
  expect(readFileSync(path.join(host.root, 'jobs', key, 'exit'), 'utf8')).toBe('143\n');
});

test.each<[string, () => void]>([
  ['empty', () => writeFileSync(mark(), '')],
  ['damaged', () => writeFileSync(mark(), '\0'.repeat(60))],
  ['a link', () => symlinkSync('control-plane', mark())],
  ['a folder', () => mkdirSync(mark())],
])(
  'a record of the operation that is %s lets no job in, and the next operation mends it',
  async (_, damage) => {
    await begin(ended, 1000);
    await start(ended, true, 'before');
    const line = readFileSync(mark(), 'utf8');
    host.runText(`rm ${mark()}`, []);
    damage();
    await expect(start(ended)).rejects.toMatchObject({
      type: 'HostHeldByLater',
      message: expect.stringContaining('vps1 cannot say which operation holds it') as string,
    });
    await begin(ended, 1000);
    expect(readFileSync(mark(), 'utf8').slice(0, 40)).toBe(line.slice(0, 40));
    expect((await start(ended)).exit).toBe(0);
  },
);

test('what an ended recovery would still do to stages and keys past any job is refused', async () => {
  const stages = path.join(host.folder, 'restore');
  mkdirSync(path.join(stages, next), { recursive: true });
  writeFileSync(path.join(stages, next, 'id_ed25519.pub'), 'ssh-ed25519 AAAA next\n');
  await begin(next, 2000, 'recover');
  for (const [script, words] of [
    ['stages', ['keys', path.join(stages, ended)]],
    ['stages', ['tidy', path.join(stages, ended)]],
    ['backup-key', [path.join(stages, ended), ended]],
  ] as const) {
    const done = host.run(['lib/records', script], [...words]);
    expect(done).toMatchObject({ status: 75 });
    expect(done.stdout).toMatch(/^displaced recover 20261123T031000Z-bbbbbb \S+\n$/);
  }
  expect(readdirSync(stages)).toEqual([next]);
  expect(host.run(['lib/records', 'backup-key'], [path.join(stages, next), next]).stdout).toMatch(
    /^ssh-ed25519 /,
  );
  expect(host.run(['lib/records', 'stages'], ['tidy', path.join(stages, next)]).status).toBe(0);
});
