import type { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { connect } from '../../client/connect.js';
import type { TemporalSettings } from '../../client/temporal-settings.js';

/** Everything that whoever has the codec's key can read in the histories of all runs, in one text. */
export async function toldByTemporal(settings: TemporalSettings): Promise<string> {
  const temporal = await connect(settings, {});
  try {
    const texts: string[] = [];
    for await (const { workflowId, runId } of temporal.client.workflow.list())
      await read(
        temporal.client,
        await temporal.client.workflow.getHandle(workflowId, runId).fetchHistory(),
        texts,
      );
    return texts.join('\n');
  } finally {
    await temporal.close();
  }
}

async function read(client: Client, value: unknown, texts: string[]): Promise<void> {
  if (typeof value === 'string') texts.push(value);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  if (isPayload(value)) {
    const decoded = await client.options.loadedDataConverter.payloadCodecs.reduceRight(
      async (payloads, codec) => codec.decode(await payloads),
      Promise.resolve([value]),
    );
    texts.push(...decoded.map(({ data }) => Buffer.from(data ?? []).toString('utf8')));
    return;
  }
  for (const inner of Object.values(value)) await read(client, inner, texts);
}

const isPayload = (value: object): value is Payload => 'metadata' in value && 'data' in value;
