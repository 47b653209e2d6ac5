import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { testLabs } from '../lab/test-lab.js';

/**
 * Before anything of the lab is read: files that run at the same time have a lab each. Whoever listens under its name has it, until
 * the process ends; Vitest's own numbers of its workers are the same for two of them once another project ran before.
 */
const has = (lab: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const server = createServer().unref();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen(`\0myc-wf-test-lab-${lab}`, () => resolve(true));
  });

async function ownLab(): Promise<string> {
  // A worker that takes another file has its lab already.
  const own = /^(\d+) (.+)$/.exec(process.env.MYC_WF_OWN_LAB ?? '');
  if (own?.[1] === String(process.pid)) return own[2]!;
  for (const deadline = Date.now() + 60_000; ; await sleep(200)) {
    for (const lab of testLabs) if (await has(lab)) return lab;
    // The worker before is still on its way out, or another checkout tests in the same labs.
    if (Date.now() > deadline)
      throw new Error(
        `the labs ${testLabs.join(' and ')} are in use by other tests: name others with MYC_WF_LAB`,
      );
  }
}

const lab = await ownLab();
process.env.MYC_WF_OWN_LAB = `${process.pid} ${lab}`;
process.env.MYC_WF_FIRST_LAB = testLabs[0];
process.env.MYC_WF_LAB = lab;
