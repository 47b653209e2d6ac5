import { readFile } from 'node:fs/promises';
import type { OperationId } from '../workflows/contract/names.js';
import type { Remote } from './adapters/remote/remote.js';
import { lookFailed } from './failures.js';

/** What an operation takes beside the host's own compose.yml. */
export interface Given {
  /** In place of compose.yml. */
  compose?: string;
  /** Merged over it. */
  added?: string;
}

const script = new URL('scripts/given.sh', import.meta.url);

/** Puts it on the host, for this operation only: compose.yml never goes through Temporal. */
export async function giveToHost(
  remote: Remote,
  operationId: OperationId,
  { compose, added }: Given,
  signal: AbortSignal,
): Promise<void> {
  const argv = ['bash', '-c', await readFile(script, 'utf8'), 'given.sh', operationId];
  const { exit, stderr } = await remote.exec(argv, { stdin: `${line(compose)}\n${line(added)}\n`, signal });
  if (exit !== 0) throw lookFailed(remote.name, stderr);
}

const line = (text: string | undefined): string =>
  text === undefined || text === '' ? '-' : Buffer.from(text).toString('base64');
