import type { Look } from './engine.js';

/** Speed of each step's transfer between two looks, smoothed: a heartbeat comes every second or two. */
export class Rates {
  readonly perStep = new Map<string, number>();
  readonly #samples = new Map<string, { bytes: number; atMs: number }>();

  add(look: Look, nowMs: number): void {
    for (const { heartbeat } of look.pending) {
      if (heartbeat?.bytes === undefined) continue;
      const { step, bytes } = heartbeat;
      const before = this.#samples.get(step);
      // No new heartbeat since: the same figure again says nothing about the speed.
      if (before !== undefined && before.bytes === bytes && nowMs - before.atMs < 5000) continue;
      this.#samples.set(step, { bytes, atMs: nowMs });
      if (before === undefined || bytes < before.bytes || nowMs <= before.atMs) continue;
      const rate = ((bytes - before.bytes) * 1000) / (nowMs - before.atMs);
      const smooth = this.perStep.get(step);
      this.perStep.set(step, smooth === undefined ? rate : smooth * 0.5 + rate * 0.5);
    }
  }
}
