import {
  type Payload,
  type PayloadCodec,
  type SerializationContext,
  defaultPayloadConverter,
} from '@temporalio/common';
import { PayloadRefused, isOldForm, makePayloadCodec } from './payload-codec.js';
import { oldForm, refusal } from './refused.js';

/** An input holds names only (docs/design.md, decision 4); what is much larger is not ours. */
const maxPayloadBytes = 512 * 1024;

export interface MarkingCodecOptions {
  /**
   * A worker is told of payloads of the old form, which it believes in replay only; others just
   * read them.
   */
  markOldForm?: boolean;
}

/** The codec of worker and client: what it refuses is handed on as a value that says why (refused.ts). */
export function makeMarkingCodec(
  key: Buffer,
  { markOldForm = false }: MarkingCodecOptions = {},
): PayloadCodec {
  const codec = makePayloadCodec(key);
  const decode = async (payload: Payload, context?: SerializationContext): Promise<Payload> => {
    const size = payload.data?.length ?? 0;
    if (size > maxPayloadBytes) return marked(`a payload of ${size} bytes is over ${maxPayloadBytes}`);
    try {
      const [plain] = await codec.decode([payload], context);
      return markOldForm && isOldForm(payload) ? asOldForm(plain!) : plain!;
    } catch (error) {
      if (error instanceof PayloadRefused) return marked(error.message);
      throw error;
    }
  };
  return {
    encode: (payloads, context) => codec.encode(payloads, context),
    decode: (payloads, context) => Promise.all(payloads.map((payload) => decode(payload, context))),
  };
}

const marked = (reason: string): Payload => defaultPayloadConverter.toPayload(refusal(reason));

function asOldForm(plain: Payload): Payload {
  const value: unknown = defaultPayloadConverter.fromPayload(plain);
  // The attributes of a failure are read by the failure converter, and never as an input.
  return isFailure(value) ? plain : defaultPayloadConverter.toPayload(oldForm(value));
}

const isFailure = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).toSorted().join() === 'message,stack_trace';
