import { type Payload, type PayloadCodec, defaultPayloadConverter } from '@temporalio/common';
import { PayloadRefused, makePayloadCodec } from './payload-codec.js';
import { refusal } from './refused.js';

/** An input holds names only (docs/design.md, decision 4); what is much larger is not ours. */
const maxPayloadBytes = 512 * 1024;

/** The codec of worker and client: what it refuses is handed on as a value that says why (refused.ts). */
export function makeMarkingCodec(key: Buffer): PayloadCodec {
  const codec = makePayloadCodec(key);
  const decode = async (payload: Payload): Promise<Payload> => {
    const size = payload.data?.length ?? 0;
    if (size > maxPayloadBytes) return marked(`a payload of ${size} bytes is over ${maxPayloadBytes}`);
    try {
      return (await codec.decode([payload]))[0]!;
    } catch (error) {
      if (error instanceof PayloadRefused) return marked(error.message);
      throw error;
    }
  };
  return {
    encode: (payloads) => codec.encode(payloads),
    decode: (payloads) => Promise.all(payloads.map(decode)),
  };
}

const marked = (reason: string): Payload => defaultPayloadConverter.toPayload(refusal(reason));
