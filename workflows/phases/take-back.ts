import { CancellationScope } from '@temporalio/workflow';
import type { Inspection } from '../../activities/recovery-activities.js';
import type { Steps } from '../steps.js';
import { rootMessage } from '../steps.js';
import { type HeldMirror, holdMirror } from './hold-mirror.js';
import { type Taken, discard, inspect, openMirror, withdrawKey } from './staged.js';

/** What a recovery holds while it reads a mirror, and gives back however it ends. */
export interface OpenMirror {
  /** Step `key`: the mirror may be read by the account that it answers. */
  open: () => Promise<string>;
  /** Looked at again under the lock: a backup may have ended in between. */
  inspection: Inspection;
  /** The mirror may be written again; the key still stands. */
  release: () => Promise<void>;
  /** From now on the old trees tell what was there, and the stage may hold what is not in its place yet. */
  pastReturn: () => void;
}

export interface OpenOptions {
  /** A backup that runs is cancelled, not waited for. */
  cancelRunning: boolean;
  /** The step `key` installs what the transfer needs. */
  packages: boolean;
  finished: () => Promise<void>;
}

/** Steps `hold` and `withdraw` around the work. The key is withdrawn and the mirror let go in any case. */
export async function withOpenMirror<T>(
  taken: Taken,
  steps: Steps,
  changed: string[],
  options: OpenOptions,
  work: (mirror: OpenMirror) => Promise<T>,
): Promise<T> {
  let held: HeldMirror | undefined;
  let publicKey: string | undefined;
  let discardable = true;
  const release = async (): Promise<void> => {
    const holding = held;
    held = undefined;
    await holding?.release();
  };
  let result: T;
  try {
    let inspection!: Inspection;
    await steps.run('hold', async () => {
      held = await holdMirror(taken.input, taken.ident, options.cancelRunning);
      inspection = await inspect(taken, 'hold');
      return `nothing writes ${taken.ident} meanwhile`;
    });
    result = await work({ open, inspection, release, pastReturn: () => (discardable = false) });
  } catch (error) {
    await CancellationScope.nonCancellable(() => cleanUp());
    throw error;
  }
  await CancellationScope.nonCancellable(() =>
    steps.run('withdraw', async () => {
      await withdrawKey(taken, publicKey!, 'withdraw');
      publicKey = undefined;
      await release();
      await options.finished();
      return 'and what was replaced is removed';
    }),
  );
  return result;

  async function open(): Promise<string> {
    let user = '';
    await steps.run('key', async () => {
      const opened = await openMirror(taken, 'key', changed, (key) => (publicKey = key), options.packages);
      user = opened.user;
      return opened.line;
    });
    return user;
  }

  /** Each part is tried, whatever the others do: the first failure is the one that counts. */
  async function cleanUp(): Promise<void> {
    const key = publicKey;
    const parts = [
      ...(key === undefined ? [] : [withdrawKey(taken, key, 'withdraw')]),
      release(),
      ...(discardable ? [discard(taken, 'withdraw')] : []),
    ];
    const failed = (await Promise.allSettled(parts)).find((part) => part.status === 'rejected');
    const kept = discardable
      ? ''
      : `; what was replaced is kept beside it as .myc-wf-old-${taken.input.operationId}`;
    const line = `${key === undefined ? 'no key was given' : 'the key is withdrawn'}${kept}`;
    steps.detail('withdraw', failed === undefined ? line : `not all of it: ${rootMessage(failed.reason)}`);
  }
}
