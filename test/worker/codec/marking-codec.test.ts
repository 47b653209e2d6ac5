import { randomBytes } from 'node:crypto';
import { type Payload, defaultPayloadConverter } from '@temporalio/common';
import { expect, test } from 'vitest';
import { makeMarkingCodec } from '../../../worker/codec/marking-codec.js';
import { refusedReason } from '../../../worker/codec/refused.js';

const codec = makeMarkingCodec(randomBytes(32));
const limit = 524_288;

/** A payload that takes exactly so many bytes on its way. */
async function payloadOf(bytes: number): Promise<Payload> {
  const encoded = async (length: number) =>
    (
      await codec.encode([{ metadata: { encoding: Buffer.from('binary/plain') }, data: randomBytes(length) }])
    )[0]!;
  const around = (await encoded(limit)).data!.length - limit;
  const payload = await encoded(bytes - around);
  expect(payload.data).toHaveLength(bytes);
  return payload;
}

test('a payload of 512 KiB is read, and one byte more is refused with its size', async () => {
  const [read] = await codec.decode([await payloadOf(limit)]);
  expect(Buffer.from(read!.metadata!['encoding']!).toString()).toBe('binary/plain');
  expect(read!.data!.length).toBeGreaterThan(limit - 200);

  const [refused] = await codec.decode([await payloadOf(limit + 1)]);
  expect(refusedReason([defaultPayloadConverter.fromPayload(refused!)])).toBe(
    'a payload of 524289 bytes is over 524288',
  );
});

test('one that is refused for its size hinders none beside it', async () => {
  const [small] = await codec.encode([defaultPayloadConverter.toPayload({ host: 'vps1' })]);
  const [, read] = await codec.decode([await payloadOf(limit + 1), small!]);
  expect(defaultPayloadConverter.fromPayload(read!)).toEqual({ host: 'vps1' });
});
