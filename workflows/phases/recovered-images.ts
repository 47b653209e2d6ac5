import { CancellationScope, condition, isCancellation, patched, proxyActivities } from '@temporalio/workflow';
import type { Activities, PlannedImage } from '../../activities/activities.js';
import type { Inspection } from '../../activities/recovery-activities.js';
import { changing } from '../activity-options.js';
import type { RecoverInput } from '../contract/operations.js';
import type { Steps } from '../steps.js';
import type { GatheredPlans } from './gather.js';
import { inLanes } from './lanes.js';
import { stageOf } from './stage.js';
import { ensureImages } from './up.js';

const { pullImage } = proxyActivities<Activities>(changing);

/**
 * The images of a recovery, which take longest: those that the lost host ran, of which the manifest tells, begin at the moment
 * when Docker answers; those of databases first, since what is done with them takes longest afterwards.
 */
export class RecoveredImages {
  readonly #input: RecoverInput;
  readonly #changed: string[];
  #named: { databases: string[]; others: string[] } | undefined;
  #plans: GatheredPlans | undefined;
  readonly #pulled = new Set<string>();
  /** Those of the manifest that are being pulled, each with the scope that ends its pull. */
  readonly #pulling = new Map<string, CancellationScope>();
  /** They may be needed no more; if they are, they fail again with the others that are missing. */
  readonly #refused = new Set<string>();
  #outcome: 'there' | { error: unknown } | undefined;
  /** Where compose.yml is. */
  #data: 'staged' | 'moving' | 'in place' = 'staged';

  constructor(input: RecoverInput, changed: string[]) {
    this.#input = input;
    this.#changed = changed;
  }

  /** The mirror was looked at under its lock. */
  inspected({ manifest }: Inspection): void {
    const { images = [], databaseImages = [] } = manifest ?? {};
    const others = images.filter((image) => !databaseImages.includes(image));
    this.#named = { databases: databaseImages, others };
  }

  /**
   * What the lost host ran may be needed no more: a registry that is away holds a recovery only for
   * an image that is.
   */
  planned(plans: GatheredPlans): void {
    this.#plans = plans;
    for (const [image, pull] of this.#pulling) if (this.#isDropped(image)) pull.cancel();
  }

  #isDropped(image: string): boolean {
    const { all, databases } = this.#plans ?? {};
    if (all === undefined) return false;
    const needed = [...all.images, ...(databases?.images ?? [])].some((planned) => planned.image === image);
    return !needed && patched('unneeded-images-are-dropped');
  }

  /** The step `images`, beside all else. Once the data moves there is no way back, and a cancelled run goes on with it. */
  async run(steps: Steps): Promise<void> {
    const asked = CancellationScope.current().cancelRequested;
    await CancellationScope.nonCancellable(async () => {
      const own = new CancellationScope();
      void asked.catch(() => {
        if (this.#data === 'staged') own.cancel();
      });
      await own.run(() => this.#run(steps));
    });
  }

  async #run(steps: Steps): Promise<void> {
    await condition(() => this.#named !== undefined);
    try {
      await steps.run('images', async () => {
        const done = await this.#pullNamed(this.#named!);
        await condition(() => this.#plans !== undefined && this.#data !== 'moving');
        const plan = { ...this.#plans!.all, images: this.#missing() };
        const staged = this.#data === 'staged';
        await ensureImages({ ...this.#input, ...(staged ? { staged } : {}) }, plan, 'images', done);
        this.#changed.push(...done);
        return done.join(', ') || 'nothing to change';
      });
      this.#outcome = 'there';
    } catch (error) {
      this.#outcome = { error };
      throw error;
    }
  }

  async #pullNamed({ databases, others }: { databases: string[]; others: string[] }): Promise<string[]> {
    const first = await inLanes(databases, (image) => this.#pull(image));
    return [...first, ...(await inLanes(others, (image) => this.#pull(image)))];
  }

  async #pull(image: string): Promise<string[]> {
    if (this.#isDropped(image)) return [];
    const pull = new CancellationScope();
    this.#pulling.set(image, pull);
    try {
      const { changed } = await pull.run(() => pullImage({ ...stageOf(this.#input, 'images'), image }));
      this.#pulled.add(image);
      return changed;
    } catch (error) {
      if (isCancellation(error) && !this.#isDropped(image)) throw error;
      this.#refused.add(image);
      return [];
    } finally {
      this.#pulling.delete(image);
    }
  }

  /** As of when it was planned, which may have been while they were pulled. */
  #missing(plan = this.#plans!.all): PlannedImage[] {
    return plan.images.filter(({ image }) => !this.#pulled.has(image));
  }

  /**
   * Until what is missing hinders nothing any more. Where nothing stands that could be replaced, the databases begin as soon as
   * their own images are there, while the others are on their way; everywhere else the old services run until all of them are there.
   */
  async beforeSwap(nothingStands: boolean): Promise<void> {
    await condition(() => this.#outcome !== undefined || (nothingStands && this.#databasesCanBegin()));
    if (this.#outcome !== undefined) await this.all();
    this.#data = 'moving';
  }

  #databasesCanBegin(): boolean {
    const databases = this.#plans?.databases;
    return (
      databases !== undefined &&
      this.#missing(databases).length === 0 &&
      this.#missing().every(({ image }) => this.#named!.others.includes(image) && !this.#refused.has(image))
    );
  }

  /** What stood in the data's place is being replaced, or was. */
  get noWayBack(): boolean {
    return this.#data !== 'staged';
  }

  swapped(): void {
    this.#data = 'in place';
  }

  get areThere(): boolean {
    return this.#outcome === 'there';
  }

  async all(): Promise<void> {
    await condition(() => this.#outcome !== undefined);
    if (typeof this.#outcome === 'object') throw this.#outcome.error;
  }
}
