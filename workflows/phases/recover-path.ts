import { CancellationScope } from '@temporalio/workflow';
import type { BackupTarget } from '../contract/addresses.js';
import type { Ident } from '../contract/names.js';
import type { OperationInput } from '../contract/operations.js';
import type { Steps } from '../steps.js';
import { type Taken, finish, inspectFirst, pull, swapIn, verify } from './staged.js';
import { withOpenMirror } from './take-back.js';

export const pathSteps = [
  { id: 'inspect', title: 'backup inspected' },
  { id: 'hold', title: 'mirror held' },
  { id: 'key', title: 'restore key' },
  { id: 'data', title: 'data' },
  { id: 'verify', title: 'verified' },
  { id: 'swap', title: 'swapped in' },
  { id: 'withdraw', title: 'restore key withdrawn' },
];

export interface PathRecovery {
  target: BackupTarget;
  ident: Ident;
  path: string;
  destination: string;
  unverified: boolean;
}

/** One path of a mirror to one place of a host. Backups go on as they did: one that runs is waited for. */
export async function recoverPath(
  input: OperationInput,
  { target, ident, path, destination, unverified }: PathRecovery,
  steps: Steps,
  changed: string[],
): Promise<void> {
  const taken: Taken = {
    ...{ input, target, ident, unverified },
    places: [{ kind: 'data', path, destination }],
    stopProject: false,
  };
  await steps.run('inspect', async () => (await inspectFirst(taken)).line);
  if (input.dryRun) {
    for (const { id } of pathSteps.slice(1)) steps.skip(id, 'dry run');
    return;
  }
  const options = { cancelRunning: false, packages: true, finished: () => finish(taken, 'withdraw') };
  await withOpenMirror(taken, steps, changed, options, async ({ open, inspection, pastReturn }) => {
    const user = await open();
    // How much the path is of the whole nobody knows before it is here.
    await steps.run('data', () => pull(taken, user, { ...inspection, bytes: 0 }, 'data', steps));
    await steps.run('verify', () => verify(taken, inspection, 'verify', changed));
    await CancellationScope.nonCancellable(async () => {
      pastReturn();
      await steps.run('swap', () => swapIn(taken, 'swap'));
    });
  });
  changed.push(`${path} of ${ident} is at ${destination}`);
}
