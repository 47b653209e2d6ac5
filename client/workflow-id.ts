import { BadInput, shown } from '../workflows/contract/bad-input.js';
import { hostWorkflowId } from '../workflows/contract/ids.js';
import { parseHostName } from '../workflows/contract/names.js';

const fullId = /^(?:host|backup|certificate|fleet|wait|schedule)(?:\/[A-Za-z0-9][A-Za-z0-9.:_-]*)+$/;

/**
 * An id, or a schedule's, as Temporal lists it: anybody who reaches it may start something under
 * another.
 */
export function parseListedId(value: unknown): string {
  if (
    typeof value === 'string' &&
    value.length < 400 &&
    /^[a-z-]+(?:\/[A-Za-z0-9][A-Za-z0-9.:_-]*)+$/.test(value)
  )
    return value;
  throw new BadInput(`${shown(value)} is not a workflow id`, 'see it in the Temporal UI');
}

/** What an operator types for a run: a host's name, or a whole workflow id such as `backup/vps1.lab`. */
export function workflowIdOf(word: string): string {
  if (!word.includes('/')) return hostWorkflowId(parseHostName(word));
  if (fullId.test(word) && !word.includes('..')) return word;
  throw new BadInput(`${shown(word)} is not a workflow id`, 'write a host, or an id as myc-wf list shows it');
}
