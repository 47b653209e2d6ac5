import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import {
  METADATA_ENCODING_KEY,
  type Payload,
  type PayloadCodec,
  type SerializationContext,
} from '@temporalio/common';
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

const owner = 'workflow-id';

/** Of a release that did not say yet which workflow a payload belongs to. */
export const isOldForm = ({ metadata }: Payload): boolean => metadata?.[owner] === undefined;

/** With the key's id, what a payload says of itself in the clear and cannot be changed. */
const authenticated = (id: string, workflowId: string | undefined): Buffer =>
  Buffer.from(workflowId === undefined ? id : JSON.stringify([id, workflowId]));

/**
 * AES-256-GCM over the whole payload: `iv | ciphertext | tag`; the ids of the key and of the
 * workflow are in the metadata and in the authenticated data. It decodes nothing that is not under
 * its key, and nothing of another workflow where it is told for which it decodes: whoever can reach
 * the server but has no key can neither start a workflow nor repeat in one what was said in
 * another.
 */
export function makePayloadCodec(key: Buffer): PayloadCodec {
  const id = keyId(key);
  const encode = (payload: Payload, context?: SerializationContext) =>
    encrypt(payload, key, id, context?.workflowId ?? '');
  const decode = (payload: Payload, context?: SerializationContext) =>
    decrypt(payload, key, id, context?.workflowId);
  return {
    encode: (payloads, context) => Promise.resolve(payloads.map((payload) => encode(payload, context))),
    // Inside then: a refusal is a rejection, as the SDK expects.
    decode: (payloads, context) =>
      Promise.resolve().then(() => payloads.map((payload) => decode(payload, context))),
  };
}

function encrypt(payload: Payload, key: Buffer, id: string, workflowId: string): Payload {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv(cipherName, key, iv).setAAD(authenticated(id, workflowId));
  const plain = proto.temporal.api.common.v1.Payload.encode(payload).finish();
  const data = Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return {
    metadata: {
      [METADATA_ENCODING_KEY]: Buffer.from(encoding),
      'encryption-key-id': Buffer.from(id),
      [owner]: Buffer.from(workflowId),
    },
    data,
  };
}

/** `here` is the workflow that it is read for; left out by the UI's decoder, which is not told. */
function decrypt(payload: Payload, key: Buffer, id: string, here: string | undefined): Payload {
  if (asText(payload.metadata?.[METADATA_ENCODING_KEY]) !== encoding)
    throw new PayloadRefused('a payload is not encrypted', 'start operations with myc-wf, which has the key');
  const theirs = asText(payload.metadata?.['encryption-key-id']);
  if (theirs !== id)
    throw new PayloadRefused(
      `a payload is under the codec key ${theirs.slice(0, 12).replace(/[^0-9a-f]/g, '?') || '(none)'}, not ${id}`,
      'give the client and the worker the same codec key file',
    );
  const carried = isOldForm(payload) ? undefined : asText(payload.metadata?.[owner]);
  if (here !== undefined && carried !== undefined && !belongsTo(here, carried))
    throw new PayloadRefused(
      `a payload belongs to the workflow ${JSON.stringify(carried.slice(0, 200))}`,
      'start the operation again',
    );
  const data = Buffer.from(payload.data ?? []);
  try {
    const decipher = createDecipheriv(cipherName, key, data.subarray(0, ivBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(authenticated(id, carried)).setAuthTag(data.subarray(-tagBytes));
    const plain = Buffer.concat([decipher.update(data.subarray(ivBytes, -tagBytes)), decipher.final()]);
    return proto.temporal.api.common.v1.Payload.decode(plain);
  } catch {
    throw new PayloadRefused('a payload was changed after it was encrypted', 'start the operation again');
  }
}

/** What Temporal appends to the workflow id of a Schedule's action. */
const nightly = /^-\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/**
 * Inputs of a Schedule are made once, under the id of the schedule, and started under that id with
 * a time behind it.
 */
const belongsTo = (here: string, carried: string): boolean =>
  here === carried ||
  (carried.startsWith('schedule/') && here.startsWith(carried) && nightly.test(here.slice(carried.length)));
