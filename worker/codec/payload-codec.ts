import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { METADATA_ENCODING_KEY, type Payload, type PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';

const encoding = 'binary/encrypted';
const cipherName = 'aes-256-gcm';
const ivBytes = 12;
const tagBytes = 16;
const asText = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString('utf8');

/** A payload this codec will not hand on: not encrypted, under another key, or changed on its way. */
export class PayloadRefused extends Error {
  override readonly name = 'PayloadRefused';

  constructor(what: string, next: string) {
    super(`${what}; ${next}`);
  }
}

/** First characters of the key's hash: tells two keys apart and gives nothing of them away. */
export const keyId = (key: Buffer): string => createHash('sha256').update(key).digest('hex').slice(0, 12);

/**
 * AES-256-GCM over the whole payload: `iv | ciphertext | tag`, the key's id in the metadata and in the authenticated data.
 * It decodes nothing that is not under its key: whoever can reach the server but has no key cannot start a workflow.
 */
export function makePayloadCodec(key: Buffer): PayloadCodec {
  const id = keyId(key);
  return {
    encode: (payloads) => Promise.resolve(payloads.map((payload) => encrypt(payload, key, id))),
    // Inside then: a refusal is a rejection, as the SDK expects.
    decode: (payloads) => Promise.resolve().then(() => payloads.map((payload) => decrypt(payload, key, id))),
  };
}

function encrypt(payload: Payload, key: Buffer, id: string): Payload {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(cipherName, key, iv).setAAD(Buffer.from(id));
  const plain = proto.temporal.api.common.v1.Payload.encode(payload).finish();
  const data = Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return {
    metadata: { [METADATA_ENCODING_KEY]: Buffer.from(encoding), 'encryption-key-id': Buffer.from(id) },
    data,
  };
}

function decrypt(payload: Payload, key: Buffer, id: string): Payload {
  if (asText(payload.metadata?.[METADATA_ENCODING_KEY]) !== encoding)
    throw new PayloadRefused('a payload is not encrypted', 'start operations with myc-wf, which has the key');
  const theirs = asText(payload.metadata?.['encryption-key-id']);
  if (theirs !== id)
    throw new PayloadRefused(
      `a payload is under the codec key ${theirs.slice(0, 12).replace(/[^0-9a-f]/g, '?') || '(none)'}, not ${id}`,
      'give the client and the worker the same codec key file',
    );
  const data = Buffer.from(payload.data ?? []);
  try {
    const decipher = createDecipheriv(cipherName, key, data.subarray(0, ivBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(Buffer.from(id)).setAuthTag(data.subarray(-tagBytes));
    const plain = Buffer.concat([decipher.update(data.subarray(ivBytes, -tagBytes)), decipher.final()]);
    return proto.temporal.api.common.v1.Payload.decode(plain);
  } catch {
    throw new PayloadRefused('a payload was changed after it was encrypted', 'start the operation again');
  }
}
