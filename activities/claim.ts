import type { OperationId } from '../workflows/contract/names.js';
import type { StageInput } from './activities.js';
import type { Remote } from './adapters/remote/remote.js';
import { controlPlaneUnclear, hostHeldByLater, hostManagedElsewhere } from './failures.js';
import { lookAt } from './look-at.js';

/** Who speaks to the hosts: everyone with the same codec key is one control plane (worker/control-plane.ts). */
export interface ControlPlane {
  id: string;
  /** One word for people: the machine's name. */
  name: string;
}

export interface Claimed {
  /** Whose host it was, as people read it, when it was taken over now. */
  takenFrom?: string;
  /** Changing jobs of another operation that still run: their keys, and what people know them by. */
  left: { key: string; holder: string }[];
}

/** An operation that holds a host's lock, as one of its activities tells the host. */
export interface HoldingOperation {
  id: OperationId;
  /** `deploy`: for people. */
  word: string;
  /**
   * When the Temporal server scheduled that activity, in milliseconds since 1970: by it the host
   * knows which of two operations is the later one.
   */
  scheduledMs: number;
}

/**
 * A host is managed by one control plane, which the host remembers: the first that changes it,
 * until another takes it over. `operation` is given by whoever holds the host's lock: nothing else
 * may be changing the host then, and from then on the host refuses every changing job of another
 * one. HostHeldByLater when a later operation holds it already.
 */
export async function claimHost(
  remote: Remote,
  { host, dryRun, takeover = false }: Pick<StageInput, 'host' | 'dryRun' | 'takeover'>,
  { id, name }: ControlPlane,
  { operation, signal }: { operation?: HoldingOperation | undefined; signal?: AbortSignal } = {},
): Promise<Claimed> {
  const how = dryRun ? 'check' : takeover ? 'takeover' : 'claim';
  const holding =
    operation === undefined || dryRun
      ? []
      : [operation.id, String(Math.trunc(operation.scheduledMs)), operation.word];
  const libraries = ['files', 'records'];
  const said = await lookAt(remote, 'claim', [how, id, name, ...holding], { libraries, signal });
  const claimed: Claimed = { left: [] };
  let fault: string | undefined;
  for (const line of said.split('\n')) {
    const [word, first = '', ...rest] = line.split(' ');
    if (word === 'other') claimed.takenFrom = otherControlPlane([first, ...rest].join(' '));
    if (word === 'fault') fault = recordFault([first, ...rest].join(' '));
    if (word === 'displaced') throw hostHeldByLater(host, [first, ...rest].join(' '));
    if (word === 'running') claimed.left.push({ key: first, holder: rest.join(' ') });
  }
  if (claimed.takenFrom !== undefined && !takeover) throw hostManagedElsewhere(host, claimed.takenFrom);
  if (fault === undefined) return claimed;
  if (!takeover) throw controlPlaneUnclear(host, fault);
  return { ...claimed, takenFrom: `an unknown control plane: its record ${fault}` };
}

/**
 * Why the host's record of its control plane cannot be read: a few words of ours, which come from a
 * host.
 */
export const recordFault = (words: string): string =>
  /^[a-z ]{1,40}$/.test(words) ? words : 'cannot be read';

/** From `NAME SINCE`. */
export function otherControlPlane(line: string): string {
  const [name = 'unknown', since = 'unknown'] = line.trim().split(' ');
  return `${name}, since ${since}`;
}
