import { type LogLevel, type LogMetadata, Runtime, makeTelemetryFilterString } from '@temporalio/worker';
import type { Logger } from './log.js';

const levels: Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};

/** What Temporal's SDK says goes into our log; once in a process, before its first worker. */
export function logOfSdk(log: Logger): void {
  const say = (level: LogLevel, message: string, meta?: LogMetadata): void => {
    // At each start, of a part of Temporal that is not used here.
    if (!message.startsWith('No Nexus services')) log[levels[level]](about(meta), message);
  };
  Runtime.install({
    logger: {
      log: say,
      trace: (message, meta) => say('TRACE', message, meta),
      debug: (message, meta) => say('DEBUG', message, meta),
      info: (message, meta) => say('INFO', message, meta),
      warn: (message, meta) => say('WARN', message, meta),
      error: (message, meta) => say('ERROR', message, meta),
    },
    telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN' }) } },
  });
}

/** Names and numbers; of an error its message, which says no more than the history does. */
function about(meta: LogMetadata = {}): Record<string, string | number | boolean> {
  const entries = Object.entries(meta).flatMap(([key, value]): [string, string | number | boolean][] => {
    if (value instanceof Error) return [[key, innermost(value).message]];
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      ? [[key, value]]
      : [];
  });
  return Object.fromEntries(entries);
}

function innermost(error: Error): Error {
  let inner = error;
  while (inner.cause instanceof Error) inner = inner.cause;
  return inner;
}
