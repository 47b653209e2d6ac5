import { testLabs } from '../lab/test-lab.js';

/** Before anything of the lab is read: files that run at the same time have a lab each. Vitest numbers its workers from 1. */
const worker = Number(process.env.VITEST_POOL_ID);
const lab = testLabs[worker - 1];
if (lab === undefined) throw new Error(`there is no lab for the test worker ${process.env.VITEST_POOL_ID}`);
// For the next file of this worker.
process.env.MYC_WF_FIRST_LAB = testLabs[0];
process.env.MYC_WF_LAB = lab;
