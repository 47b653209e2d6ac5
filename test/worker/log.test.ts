import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { makeLog, readableLine } from '../../worker/log.js';
import { rotatingFile } from '../../worker/rotating-file.js';

class Screen extends Writable {
  text = '';
  columns = 80;
  constructor(readonly isTTY: boolean) {
    super();
  }
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

test('on a terminal each entry is one readable line of its width', () => {
  const screen = new Screen(true);
  const log = makeLog(screen);
  log.warn({ workflowId: 'host/vps1.lab', runId: 'r', sdkComponent: 'worker' }, 'gone\nand \u001b[2Jback');
  log.info('x'.repeat(500));
  const [first, second, ...rest] = screen.text.split('\n');
  expect(first?.replace(/\u001b\[\d+m/g, '')).toMatch(
    /^\d\d:\d\d:\d\d warn {2}gone \/ and back {3}workflowId=host\/vps1\.lab$/,
  );
  expect(second?.replace(/\u001b\[\d+m/g, '').length).toBe(79);
  expect(rest).toEqual(['']);
});

test('elsewhere each entry is one JSON document', () => {
  const pipe = new Screen(false);
  makeLog(pipe).error({ workflowId: 'host/vps1.lab' }, 'gone\nand back');
  expect(pipe.text.trim().split('\n').length).toBe(1);
  expect(JSON.parse(pipe.text)).toMatchObject({
    level: 50,
    workflowId: 'host/vps1.lab',
    msg: 'gone\nand back',
  });
});

test('nothing in an entry steers a terminal that shows the log, at once or later', () => {
  const evil = 'a\u001b]52;c;YQ==\u0007\u009b2J\u202eb\u2028c\u200bd\u007f';
  for (const screen of [new Screen(true), new Screen(false)]) {
    makeLog(screen).error({ why: evil }, evil);
    const own = screen.text.replace(/\u001b\[\d+m/g, '').replaceAll('\n', '');
    expect(own).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    if (!screen.isTTY) expect(JSON.parse(screen.text)).toMatchObject({ why: evil, msg: evil });
  }
});

test('an entry without words is a line as well', () => {
  expect(readableLine({ level: 30, time: 0, attempts: 2 }, undefined, 80)).toMatch(/ info {2}attempts=2$/);
});

test('a log file never takes more than twice its bound, has the newest, and is for its user only', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'myc-wf-log-'));
  const file = path.join(folder, 'up.log');
  for (let start = 0; start < 2; start += 1) {
    const log = makeLog(rotatingFile(file, 10_000));
    for (let line = 0; line < 500; line += 1) log.info(`line ${start} ${line}`);
    log.info('y'.repeat(50_000));
    log.info(`last of ${start}`);
  }
  expect(readdirSync(folder).sort()).toEqual(['up.log', 'up.log.1']);
  for (const name of readdirSync(folder)) {
    expect(statSync(path.join(folder, name)).size).toBeLessThanOrEqual(10_000);
    expect(statSync(path.join(folder, name)).mode & 0o777).toBe(0o600);
  }
  expect(readFileSync(file, 'utf8')).toContain('last of 1');
  rmSync(folder, { recursive: true });
});
