import path from 'node:path';
import { repository } from '../lab/names.js';
import { run } from '../lab/run.js';
import { type Samples, sampled, seconds } from './samples.js';

/** Wall seconds of `myc-wf --help` from the build, the first run (a cold file cache) left out. */
export async function benchHelp(): Promise<Samples> {
  const cli = path.join(repository, 'dist/client/cli.js');
  const help = () => seconds(() => run([process.execPath, cli, '--help']));
  await help();
  return sampled(7, help);
}
