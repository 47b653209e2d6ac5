import { joinedHook } from './hooks.js';

const suffix = '-relation-joined';

/** What keeps a file under hooks/ from running; undefined for one that runs, or that is no hook at all. */
export function hookFault(name: string, executable: boolean): string | undefined {
  const called = name.endsWith(suffix)
    ? joinedHook(name.slice(0, -suffix.length))
    : name.replaceAll('-', '_');
  if (!called.endsWith(suffix) && !['init', 'pre_deploy', 'post_deploy'].includes(called)) return undefined;
  if (called !== name) return `hooks/${name} never runs, call it ${called}`;
  return executable ? undefined : `hooks/${name} cannot run, chmod +x it`;
}
