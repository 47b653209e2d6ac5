import type { Client } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { temporal } from '@temporalio/proto';
import type { HeartbeatDetail } from '../workflows/contract/progress.js';
import type { PendingActivity } from './engine.js';

type Raw = temporal.api.workflow.v1.IPendingActivityInfo;

/** Heartbeats are payloads under the codec, like inputs: the client's own converter reads them. */
export async function pendingActivities(client: Client, raw: readonly Raw[]): Promise<PendingActivity[]> {
  const converter = client.options.loadedDataConverter;
  return Promise.all(
    raw.map(async ({ activityType, attempt, lastFailure, heartbeatDetails }) => {
      const [heartbeat] = await decodeArrayFromPayloads(converter, heartbeatDetails?.payloads);
      const message = lastFailure?.message;
      return {
        type: activityType?.name ?? '',
        attempt: attempt ?? 1,
        ...(message ? { lastFailure: message } : {}),
        ...(isHeartbeat(heartbeat) ? { heartbeat } : {}),
      };
    }),
  );
}

const isHeartbeat = (value: unknown): value is HeartbeatDetail =>
  typeof value === 'object' && value !== null && 'step' in value && 'phase' in value;
