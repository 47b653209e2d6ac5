import type { Operator } from '../e2e/operator.js';
import type { LabHost } from '../lab/lab.js';
import { type Samples, sampled, seconds } from './samples.js';

export interface Up {
  /** `myc-wf start up HOST` of six services, the whole command, nothing to change. */
  seconds: Samples;
}

/** Five containers and a stub, with nine relations between them: hooks of each are in what is measured. */
const composeYml = `www.shop.lab:
  charm: odoo
  relations:
    web-proxy: {apache: {domain: www.shop.lab}}
apache:
letsencrypt:
postgres:
redis:
cron:
  options:
    jobs:
      tick: {schedule: '0 4 * * *', command: date}
`;

/** The host is bare at first. No container may be another one afterwards. */
export async function benchUp(operator: Operator, host: LabHost): Promise<Up> {
  const start = (...words: string[]) => operator.done('start', ...words, host.name);
  await start('deploy');
  await host.exec(['tee', '/opt/apps/myc-deploy/compose.yml'], { input: composeYml });
  await start('up');
  const containers = () => host.exec(['docker', 'ps', '--no-trunc', '--quiet', '--filter', 'status=running']);
  const before = await containers();
  if (before.trim().split('\n').length !== 5) throw new Error(`these were to be five containers: ${before}`);
  await start('up');
  const samples = await sampled(7, () =>
    seconds(async () => {
      const { stdout } = await start('up');
      if (stdout !== 'nothing to change\n') throw new Error(`this was to change nothing: ${stdout}`);
    }),
  );
  if ((await containers()) !== before) throw new Error('a container was made anew');
  return { seconds: samples };
}
