import { commandWord } from '../workflows/contract/operations.js';
import { CommandError } from './errors.js';
import { exitCodes } from './exit-codes.js';

/** `host/vps1` -> `vps1`: what people type and read. */
export const subjectOf = (workflowId: string): string => workflowId.replace(/^host\//, '');

/** 24-hour local time; with the day when it was not today. */
export function clock(at: Date, now = new Date()): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  if (at.toDateString() === now.toDateString()) return time;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
}

/** The lock is held: by what, since when, and how to watch it. */
export function busy(
  workflowId: string,
  running: { type: string; startTime: Date },
  now?: Date,
): CommandError {
  const subject = subjectOf(workflowId);
  const since = clock(running.startTime, now);
  return new CommandError(
    exitCodes.busy,
    `${subject} is busy: ${commandWord(running.type)}, started ${since}; myc-wf follow ${subject}`,
    'add --wait to start when it is free',
  );
}
