import type { StageResult } from '../../activities/activities.js';

/** The line of a step; what its stage changed is added to the operation's own list. */
export function told(done: StageResult, dryRun: boolean, changed: string[]): string {
  changed.push(...done.changed);
  if (done.changed.length === 0) return 'nothing to change';
  return dryRun ? `would change: ${done.summary}` : done.summary;
}

/** The line of an operation. */
export function summed(changed: readonly string[], dryRun: boolean): string {
  if (changed.length === 0) return 'nothing to change';
  const count = `${changed.length} ${changed.length === 1 ? 'change' : 'changes'}`;
  return dryRun ? `would make ${count}` : `made ${count}`;
}
