import { spawn } from 'node:child_process';
import { repository } from '../lab/names.js';
import { testLab } from '../lab/test-lab.js';

/**
 * Before the first test that needs the lab: Docker, the lab's hosts, and dist/ for the tests that run the program. The hosts
 * stay for the next run, which then starts at once; `MYC_WF_LAB=test npm run lab -- down` takes them away.
 */
export async function setup(): Promise<void> {
  await bash('test/setup/build.sh');
  await bash('test/lab/lab.sh', 'up', '--renew');
}

function bash(...argv: string[]): Promise<void> {
  const env = { ...process.env, MYC_WF_LAB: testLab };
  const child = spawn('bash', argv, { cwd: repository, env, stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${argv.join(' ')}: exit ${code}, see above`));
    });
  });
}
