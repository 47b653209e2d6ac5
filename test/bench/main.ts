import { readFile } from 'node:fs/promises';
import { parseConfig } from '../../client/config/parse.js';
import { table } from '../../client/output.js';
import { openOperator } from '../e2e/operator.js';
import { openLab } from '../lab/lab.js';
import { benchHelp } from './help.js';
import { benchNoopDeploy } from './noop-deploy.js';
import type { Samples } from './samples.js';
import { benchStep } from './step.js';
import { benchWorker } from './worker.js';

const say = (line: string): void => void process.stderr.write(`bench: ${line}\n`);

/** One JSON document on stdout, one table on stderr; each figure with its samples' minimum and maximum. */
const lab = await openLab({ hosts: 3 });
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
  const figures = { noopDeploy, step, worker, help };
  process.stderr.write(`${table(rows(figures))}\n`);
  process.stdout.write(`${JSON.stringify(figures)}\n`);
} finally {
  await operator.close();
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
