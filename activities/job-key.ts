import { createHash } from 'node:crypto';
import type { JobRequest } from './job.js';

/** Which jobs: one (its key), those of a step, or all of an operation. */
export type JobSelector = Pick<JobRequest, 'operationId'> & Partial<Pick<JobRequest, 'step' | 'subject'>>;

/**
 * `<operation id>.<step>.<subject>.<digest>`: the record's folder and, after `myc-`, the unit's name. The digest tells
 * apart what the readable parts cannot: names that were shortened, and another script, argument or input.
 */
export function jobKey(request: JobRequest, script: Uint8Array): string {
  const digest = createHash('sha256')
    .update(
      JSON.stringify([request.step, request.subject ?? null, request.args ?? [], request.exclusive ?? true]),
    )
    .update(createHash('sha256').update(script).digest())
    .update(request.input ?? '')
    .digest('hex')
    .slice(0, 16);
  return `${jobPrefix({ ...request, subject: request.subject ?? '' })}${digest}`;
}

/** What the keys of all selected jobs begin with. */
export function jobPrefix({ operationId, step, subject }: JobSelector): string {
  const parts = [operationId, step, step === undefined ? undefined : subject];
  return parts
    .flatMap((part, i) => (part === undefined ? [] : [i === 0 ? part : readable(part), '.']))
    .join('');
}

const readable = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40) || '-';
