import { defineConfig } from 'vitest/config';
import { testLab } from './test/lab/test-lab.js';

/** `unit` needs nothing but this machine; `lab` needs the lab's hosts, and runs after it, one file at a time. */
export default defineConfig({
  test: {
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
          env: { MYC_WF_LAB: testLab },
          sequence: { groupOrder: 1 },
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 180_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
