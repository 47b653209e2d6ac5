import { readFile } from 'node:fs/promises';
import type { StageInput } from './activities.js';
import type { Remote } from './adapters/remote/remote.js';
import { hostManagedElsewhere, lookFailed } from './failures.js';

/** Who speaks to the hosts: everyone with the same codec key is one control plane (worker/control-plane.ts). */
export interface ControlPlane {
  id: string;
  /** One word for people: the machine's name. */
  name: string;
}

const script = new URL('scripts/claim.sh', import.meta.url);

/**
 * A host is managed by one control plane, which the host remembers: the first that changes it, until another takes it over.
 * Returns whose it was when it was taken over now.
 */
export async function claimHost(
  remote: Remote,
  { host, dryRun, takeover = false }: Pick<StageInput, 'host' | 'dryRun' | 'takeover'>,
  { id, name }: ControlPlane,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const how = dryRun ? 'check' : takeover ? 'takeover' : 'claim';
  const argv = ['bash', '-c', await readFile(script, 'utf8'), 'claim.sh', how, id, name];
  const { exit, stdout, stderr } = await remote.exec(argv, signal === undefined ? {} : { signal });
  if (exit !== 0) throw lookFailed(host, stderr);
  const other = otherControlPlane(stdout);
  if (other !== undefined && !takeover) throw hostManagedElsewhere(host, other);
  return other;
}

/** From `NAME SINCE`. */
export function otherControlPlane(line: string): string | undefined {
  const [name, since] = line.trim().split(' ');
  return name === undefined || name === '' ? undefined : `${name}, since ${since ?? 'unknown'}`;
}
