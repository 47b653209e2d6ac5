import { createHash } from 'node:crypto';
import os from 'node:os';
import type { ControlPlane } from '../activities/claim.js';

/**
 * The id comes from the codec's key, which is made at the first `up` and shared by a team's workers: whoever may start
 * operations is one control plane, on however many machines. The hash gives nothing of the key away.
 */
export function controlPlaneOf(key: Buffer): ControlPlane {
  const id = createHash('sha256').update('myc-wf control plane').update(key).digest('hex').slice(0, 16);
  return { id, name: os.hostname().replace(/[^A-Za-z0-9.-]/g, '-') || 'unnamed' };
}
