import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';

/** temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD */
const keyword = 2;
const searchAttributes = ['Host', 'Operation'];
/** History is the audit; the development server keeps it for a day. */
const retentionSeconds = 90 * 24 * 3600;

/**
 * Waits until the server answers, then sets the namespace's retention and search attributes, on a database of any age.
 * Fulfilled with 'prepared' once a client can start workflows that use them.
 */
export async function prepareNamespace(
  address: string,
  namespace: string,
  withinMs: number,
  /** Aborted when nobody waits for it any more: it would hold the process until its time is over. */
  signal: AbortSignal,
): Promise<'prepared'> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      await prepare(address, namespace);
      return 'prepared';
    } catch (error) {
      if (Date.now() >= deadline || signal.aborted) throw error;
      await sleep(150, undefined, { signal });
    }
  }
}

async function prepare(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: '2 s' });
  try {
    const { workflowService, operatorService } = connection;
    await workflowService.updateNamespace({
      namespace,
      config: { workflowExecutionRetentionTtl: { seconds: retentionSeconds as never } },
    });
    const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
    const missing = searchAttributes.filter((name) => !Object.hasOwn(customAttributes ?? {}, name));
    if (missing.length === 0) return;
    await operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, keyword])),
    });
    // The server serves them from a cache that is a moment behind.
    throw new Error('the search attributes are being added');
  } finally {
    await connection.close();
  }
}
