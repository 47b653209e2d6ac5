import { Writable } from 'node:stream';
import { styleText } from 'node:util';
import { pino, type Logger } from 'pino';
import { escapedJson, printableLine } from '../workflows/contract/printable.js';

export type { Logger } from 'pino';

/** The worker's log: one readable line for each entry on a terminal, JSON elsewhere. */
export function makeLog(stream: NodeJS.WritableStream & { isTTY?: boolean } = process.stderr): Logger {
  const readable = stream.isTTY === true;
  const options = { base: null, level: 'info' };
  return pino(options, readable ? readableLines(stream) : jsonLines(stream));
}

interface Entry {
  level: number;
  time: number;
  msg?: string;
  [key: string]: unknown;
}

const words: Record<number, string> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

/** What Temporal's SDK says of every entry and nobody reads. */
const unread = new Set([
  'level',
  'time',
  'msg',
  'sdkComponent',
  'taskQueue',
  'namespace',
  'runId',
  'attempt',
  'isLocal',
  'stack',
]);

/** `10:03:22 warn  the Temporal server ended: starting it again   host=vps1.lab` */
export function readableLine(entry: Entry, paint: typeof styleText | undefined, width: number): string {
  const time = new Date(entry.time).toTimeString().slice(0, 8);
  const level = words[entry.level] ?? 'info';
  const more = Object.entries(entry)
    .filter(([key, value]) => !unread.has(key) && ['string', 'number', 'boolean'].includes(typeof value))
    .map(([key, value]) => `${key}=${String(value)}`);
  const text = [entry.msg ?? '', more.join(' ')]
    .filter(Boolean)
    .join('   ')
    .replace(/\s*\n\s*/g, ' / ');
  // Nothing that an activity says steers the terminal.
  const shown = printableLine(text).slice(0, Math.max(40, width - 16));
  const mark =
    paint === undefined
      ? level
      : paint(entry.level >= 50 ? 'red' : entry.level >= 40 ? 'yellow' : 'dim', level);
  return `${time} ${mark}${' '.repeat(Math.max(1, 6 - level.length))}${shown}`;
}

/** A log file is read on a terminal, too: JSON itself escapes only a part of what steers one. */
function jsonLines(stream: NodeJS.WritableStream): Writable {
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      stream.write(escapedJson(chunk.toString('utf8')));
      done();
    },
  });
}

function readableLines(stream: NodeJS.WritableStream & { isTTY?: boolean }): Writable {
  const columns = (): number =>
    'columns' in stream && typeof stream.columns === 'number' ? stream.columns : 120;
  const paint = ((format: Parameters<typeof styleText>[0], text: string) =>
    styleText(format, text, { stream })) as typeof styleText;
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString('utf8').split('\n').filter(Boolean))
        stream.write(`${readableLine(JSON.parse(line) as Entry, paint, columns())}\n`);
      done();
    },
  });
}
