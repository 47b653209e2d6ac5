import { createCipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { keyId } from '../../../worker/codec/payload-codec.js';

/** Writes payloads as releases did that said nothing of the workflow. */
export const oldCodec = (key: Buffer): PayloadCodec => ({
  encode: (payloads) => Promise.resolve(payloads.map((payload) => encodeOldForm(key, payload))),
  decode: () => Promise.reject(new Error('the old codec only writes')),
});

export function encodeOldForm(key: Buffer, payload: Payload): Payload {
  const id = keyId(key);
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(id));
  const plain = proto.temporal.api.common.v1.Payload.encode(payload).finish();
  const data = Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return {
    metadata: { encoding: Buffer.from('binary/encrypted'), 'encryption-key-id': Buffer.from(id) },
    data,
  };
}
