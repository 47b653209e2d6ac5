import { expect, test } from 'vitest';
import { durationText } from '../../workflows/contract/amounts.js';
import { busy } from '../../client/busy.js';
import { jsonView, plainView } from '../../client/progress-view.js';
import { Rates } from '../../client/rates.js';
import { type View, headerOf, renderProgress } from '../../client/render-progress.js';

const view: View = {
  title: 'recover vps1.lab -> vps2.lab',
  uiUrl: 'http://ui/x',
  runUrl: 'http://ui/x/r1',
  nowMs: 30_000,
  rates: new Map([['data', 118_000_000]]),
  children: [],
  look: {
    workflowId: 'host/vps2.lab',
    runId: 'r1',
    type: 'recover',
    status: 'running',
    startedAtMs: 0,
    pending: [
      {
        type: 'transfer',
        attempt: 2,
        lastFailure: 'link lost\nstack',
        heartbeat: { step: 'data', phase: 'mirror', bytes: 262e6, totalBytes: 429e6 },
      },
    ],
    progress: {
      operation: 'recover',
      subject: 'vps1.lab -> vps2.lab',
      operationId: 'x',
      dryRun: false,
      children: [],
      steps: [
        {
          id: 'inspect',
          title: 'backup inspected',
          state: 'done',
          detail: '3 services',
          startedAtMs: 0,
          endedAtMs: 400,
        },
        { id: 'setup', title: 'set up', state: 'skipped', detail: 'nothing to change', startedAtMs: 0 },
        { id: 'data', title: 'data', state: 'running', startedAtMs: 28_000 },
        { id: 'databases', title: 'databases', state: 'pending' },
        { id: 'probes', title: 'probes', state: 'pending' },
      ],
    },
  },
};

test('the live view: what is done, the transfer that runs, what comes', () => {
  expect(headerOf(view, 100)).toBe('recover vps1.lab -> vps2.lab      host/vps2.lab      http://ui/x');
  expect(renderProgress(view, 100, 2)).toBe(
    [
      '✔ backup inspected  3 services                                              0.4 s',
      '– set up            nothing to change',
      '⠹ data              61 %   262 of 429 MB   118 MB/s   attempt 2: link lost  2.0 s',
      '· databases   · probes',
    ].join('\n'),
  );
});

test.each([40, 60, 80])('in %i columns nothing is wider, and the percentage is there', (width) => {
  const lines = renderProgress(view, width).split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
  expect(lines[2]).toContain('61 %');
  expect(lines[2]).toMatch(/ 2\.0 s$/);
});

test('a header that does not fit leaves the address whole, on a line of its own', () => {
  expect(headerOf(view, 60)).toBe('recover vps1.lab -> vps2.lab      host/vps2.lab\nhttp://ui/x');
  expect(headerOf(view, 30)).toBe('recover vps1.lab -> vps2.lab\nhost/vps2.lab\nhttp://ui/x');
});

test('a fleet shows one line for each host that runs', () => {
  const child = { ...view.look, workflowId: 'host/vps3.lab' };
  const { progress, ...bare } = view.look;
  expect(progress).toBeDefined();
  expect(renderProgress({ ...view, look: { ...bare, pending: [] }, children: [child] }, 100)).toBe(
    '  vps3.lab  data   61 %   262 of 429 MB   118 MB/s   attempt 2: link lost',
  );
});

test('a log gets one line when a step begins and one when it ends', () => {
  const lines: string[] = [];
  const log = plainView((line) => lines.push(line));
  log.update(view);
  log.update(view);
  const steps = view.look.progress!.steps.map((step) =>
    step.id === 'data' ? { ...step, state: 'done' as const, detail: '429 MB', endedAtMs: 32_000 } : step,
  );
  log.update({ ...view, look: { ...view.look, pending: [], progress: { ...view.look.progress!, steps } } });
  expect(lines).toEqual([
    'recover vps1.lab -> vps2.lab      host/vps2.lab      http://ui/x',
    '✔ backup inspected  3 services  0.4 s',
    '– set up  nothing to change',
    '… data',
    '✔ data  429 MB  4.0 s',
  ]);
});

test('NDJSON has an event for each change, none for a look that found the same', () => {
  const events: object[] = [];
  const json = jsonView((event) => events.push(event));
  json.update(view);
  json.update({ ...view, nowMs: 31_000 });
  json.update({ ...view, look: { ...view.look, status: 'completed' } });
  expect(events).toMatchObject([
    { event: 'progress', workflowId: 'host/vps2.lab', status: 'running' },
    { event: 'progress', status: 'completed' },
  ]);
});

test('the speed is measured between heartbeats', () => {
  const rates = new Rates();
  const at = (bytes: number): View['look'] => ({
    ...view.look,
    pending: [{ type: 't', attempt: 1, heartbeat: { step: 'data', phase: 'mirror', bytes } }],
  });
  rates.add(at(0), 0);
  rates.add(at(2_000_000), 2000);
  rates.add(at(2_000_000), 2500);
  expect(rates.perStep.get('data')).toBe(1_000_000);
});

test('durations as people say them', () => {
  expect([400, 24_000, 185_000, 7_620_000].map(durationText)).toEqual([
    '0.4 s',
    '24 s',
    '3 min 05 s',
    '2 h 07 min',
  ]);
});

test('a busy host says what runs since when', () => {
  const startTime = new Date(2026, 10, 23, 10, 3);
  const error = busy('host/vps1', { type: 'recover', startTime }, new Date(2026, 10, 23, 11, 0));
  expect(error.exitCode).toBe(11);
  expect(error.message).toBe('vps1 is busy: recover, started 10:03; myc-wf follow vps1');
});
