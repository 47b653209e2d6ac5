import { BadInput, shown } from '../workflows/contract/bad-input.js';
import { hostWorkflowId } from '../workflows/contract/ids.js';
import { parseHostName } from '../workflows/contract/names.js';

const fullId = /^(?:host|backup|certificate|fleet|wait|schedule)(?:\/[A-Za-z0-9][A-Za-z0-9.:_-]*)+$/;

/** What an operator types for a run: a host's name, or a whole workflow id such as `backup/vps1.lab`. */
export function workflowIdOf(word: string): string {
  if (!word.includes('/')) return hostWorkflowId(parseHostName(word));
  if (fullId.test(word) && !word.includes('..')) return word;
  throw new BadInput(`${shown(word)} is not a workflow id`, 'write a host, or an id as myc-wf list shows it');
}
