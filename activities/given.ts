import type { OperationId } from '../workflows/contract/names.js';
import type { Remote } from './adapters/remote/remote.js';
import { lookAt } from './look-at.js';

/** What an operation takes beside the host's own compose.yml. */
export interface Given {
  /** In place of compose.yml. */
  compose?: string;
  /** Merged over it. */
  added?: string;
}

/** Puts it on the host, for this operation only: compose.yml never goes through Temporal. */
export async function giveToHost(
  remote: Remote,
  operationId: OperationId,
  { compose, added }: Given,
  signal: AbortSignal,
): Promise<void> {
  const stdin = `${line(compose)}\n${line(added)}\n`;
  await lookAt(remote, 'given', [operationId], { libraries: ['files'], stdin, signal });
}

const line = (text: string | undefined): string =>
  text === undefined || text === '' ? '-' : Buffer.from(text).toString('base64');
