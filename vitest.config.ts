import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { testLabs } from './test/lab/test-lab.js';

/** The test of a fresh clone takes longest, since it makes every image anew: it begins first, so that others go beside it. */
class FreshCloneFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isFreshClone = (file: TestSpecification) => file.moduleId.endsWith('/fresh-clone.lab.test.ts');
    return [...sorted.filter(isFreshClone), ...sorted.filter((file) => !isFreshClone(file))];
  }
}

/** `unit` needs nothing but this machine; `lab` needs the lab's hosts, and runs after it: its files mostly wait for
 * their hosts, so two go at a time, each in a lab of its own. */
export default defineConfig({
  test: {
    sequence: { sequencer: FreshCloneFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.lab.test.ts', 'test/**/*.e2e.test.ts', 'node_modules/**'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'lab',
          include: ['test/**/*.lab.test.ts', 'test/**/*.e2e.test.ts'],
          globalSetup: ['test/setup/lab-up.ts'],
          setupFiles: ['test/setup/own-lab.ts'],
          sequence: { groupOrder: 1 },
          maxWorkers: testLabs.length,
          testTimeout: 180_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
