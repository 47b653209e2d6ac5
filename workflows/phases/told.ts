import type { StageResult } from '../../activities/activities.js';

/** The line of a step from what its stage changed, which is also added to the operation's own list. */
export function told(done: StageResult, dryRun: boolean, changed: string[]): string {
  changed.push(...done.changed);
  return summed(done.changed, dryRun);
}

export function summed(changed: readonly string[], dryRun: boolean): string {
  if (changed.length === 0) return 'nothing to change';
  return dryRun ? `would change: ${changed.join(', ')}` : changed.join(', ');
}
