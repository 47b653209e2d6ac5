import { spawn } from 'node:child_process';
import { repository } from '../lab/names.js';
import { testLabs } from '../lab/test-lab.js';

/**
 * Before the first test that needs the lab: Docker, the lab's hosts, and dist/ for the tests that run the program. The hosts
 * stay for the next run, which then starts at once; `MYC_WF_LAB=test npm run lab -- down`, and the same with test2, takes them away.
 */
export async function setup(): Promise<void> {
  await bash({}, 'test/setup/build.sh');
  for (const lab of testLabs) await bash({ MYC_WF_LAB: lab }, 'test/lab/lab.sh', 'up', '--renew');
}

function bash(given: Record<string, string>, ...argv: string[]): Promise<void> {
  const env = { ...process.env, ...given };
  const child = spawn('bash', argv, { cwd: repository, env, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${argv.join(' ')}: exit ${code}, see above`));
    });
  });
}
