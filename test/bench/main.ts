import { readFile } from 'node:fs/promises';
import { parseConfig } from '../../client/config/parse.js';
import { table } from '../../client/output.js';
import { openOperator } from '../e2e/operator.js';
import { type Lab, openLab } from '../lab/lab.js';
import { benchHelp } from './help.js';
import { benchNoopDeploy } from './noop-deploy.js';
import { benchRecoverData } from './recover-data.js';
import { benchRecover } from './recover.js';
import type { Samples } from './samples.js';
import { openShop } from './shop.js';
import { benchStep } from './step.js';
import { benchWorker } from './worker.js';

const say = (line: string): void => void process.stderr.write(`bench: ${line}\n`);

/** One JSON document on stdout, one table on stderr; each figure with its samples' minimum and maximum. */
const lab = await openLab({ hosts: 3 });
const small = await benchSmall(lab);
const figures = { ...small, ...(await benchRecoveries(lab)) };
process.stderr.write(`${table(rows(figures))}\n`);
process.stdout.write(`${JSON.stringify(figures)}\n`);

async function benchSmall(lab: Lab) {
  const operator = await openOperator(lab);
  try {
    say('myc-wf --help');
    const help = { seconds: await benchHelp() };
    const config = parseConfig(await readFile(operator.configFile, 'utf8'), operator.configFile);
    say('steps on the embedded server');
    const step = { overheadMs: await benchStep(config) };
    const up = await operator.up();
    say('worker');
    const worker = await benchWorker(operator, up);
    say('deploy with nothing to change, beside pyinfra');
    const hosts = [await lab.host('vps2.lab'), await lab.host('vps3.lab')];
    const noopDeploy = await benchNoopDeploy(operator, lab, hosts);
    return { noopDeploy, step, worker, help };
  } finally {
    await operator.close();
  }
}

async function benchRecoveries(lab: Lab) {
  say('a host with 384 MB and 100,000 rows, backed up');
  const shop = await openShop(lab, 4);
  try {
    const [first, ...others] = shop.fresh;
    say("recovery's transfer, beside rsync");
    const recoverData = await benchRecoverData(shop, first!);
    say('recovery of a host, beside the commands by hand');
    const recover = await benchRecover(lab, shop, others, say);
    return { recoverData, recover };
  } finally {
    await shop.close();
  }
}

function rows(figures: object): string[][] {
  const header = ['figure', 'median', 'min', 'max', 'samples'];
  const lines = Object.entries(figures).flatMap(([name, inner]) =>
    Object.entries(inner as Record<string, Samples>).map(([unit, samples]) => [
      `${name}.${unit}`,
      ...[samples.median, samples.min, samples.max, samples.samples].map(String),
    ]),
  );
  return [header, ...lines];
}
