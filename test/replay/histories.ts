import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
// CommonJS: Node finds no named exports in it.
import proto from '@temporalio/proto';

const { History } = proto.temporal.api.history.v1;
type History = proto.temporal.api.history.v1.IHistory;

/** Protobuf's own form: the SDK's JSON needs one copy of protobufjs, and npm may install two. */
export const folder = fileURLToPath(new URL('histories', import.meta.url));
/** No secret: it keeps these histories readable for the tests. */
export const keyOfHistories = Buffer.alloc(32, 7);

export interface StoredHistory {
  /** Of the file, without .binpb; `superseded/NAME` for one that was recorded before its workflow was `patched`. */
  name: string;
  /** Workflows ask for it: a backup looks whether it holds its mirror's lock. */
  workflowId: string;
  runId: string;
  history: History;
}

export async function storedHistories(): Promise<StoredHistory[]> {
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.binpb')).sort();
  return Promise.all(
    files.map(async (file) => {
      const history = History.decode(await readFile(path.join(folder, file)));
      const started = history.events[0]?.workflowExecutionStartedEventAttributes;
      const { workflowId, originalExecutionRunId } = started ?? {};
      return {
        name: file.replace(/\.binpb$/, ''),
        workflowId: workflowId ?? '',
        runId: originalExecutionRunId ?? '',
        history,
      };
    }),
  );
}

export function encodeHistory(history: History): Uint8Array {
  withoutMachine(history.events);
  return History.encode(history).finish();
}

/** Workers are called after their process and machine, `4711@laptop`: nobody's business. */
function withoutMachine(value: unknown): void {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  for (const [key, item] of Object.entries(value))
    if (typeof item !== 'string') withoutMachine(item);
    else if (/^\d+@/.test(item)) Reflect.set(value, key, '1@recorder');
}
