/** Times the steps of a run, in seconds. */
export class Clock {
  readonly steps: { title: string; seconds: number }[] = [];
  readonly #began = performance.now();

  async step<T>(title: string, work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    const result = await work();
    this.steps.push({ title, seconds: rounded(began) });
    return result;
  }

  get seconds(): number {
    return rounded(this.#began);
  }
}

const rounded = (began: number): number => Math.round((performance.now() - began) / 100) / 10;
