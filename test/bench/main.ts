import { spawnSync } from 'node:child_process';
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
import { benchResolve } from './resolve.js';
import { benchStep } from './step.js';
import { benchUp } from './up.js';
import { benchWorker } from './worker.js';

const say = (line: string): void => void process.stderr.write(`bench: ${line}\n`);

/**
 * One JSON document on stdout, one table on stderr; each figure with its samples' minimum and maximum. Arguments name the
 * figures that are wanted (`npm run bench -- recover help`); all of them without one.
 */
const names = ['noopDeploy', 'up', 'step', 'worker', 'help', 'resolve', 'recoverData', 'recover'] as const;
type Name = (typeof names)[number];
const words = process.argv.slice(2);
const asked = words.filter((word) => word !== '--yes');
const unknown = asked.filter((word) => !(names as readonly string[]).includes(word));
if (unknown.length > 0) {
  process.stderr.write(
    `bench: no figure ${unknown.join(', ')}; write some of ${names.join(', ')}, --yes to install what is missing\n`,
  );
  process.exit(2);
}
const wanted = (name: Name): boolean => asked.length === 0 || asked.includes(name);
/** In an object, so that a figure nobody asked for is not in the document. */
const figure = async <T>(
  name: Name,
  what: string,
  measure: () => Promise<T>,
): Promise<{ [name: string]: T }> => {
  if (!wanted(name)) return {};
  say(what);
  const measured = await measure();
  say(`${name}: ${JSON.stringify(measured)}`);
  return { [name]: measured };
};

const figures = {
  ...(await figure('resolve', 'compose.yml of 200 services with 400 relations', benchResolve)),
  ...(await figure('help', 'myc-wf --help', async () => ({ seconds: await benchHelp() }))),
  ...(await benchInLab()),
};
process.stderr.write(`${table(rows(figures))}\n`);
process.stdout.write(`${JSON.stringify(figures)}\n`);

/** Those that need hosts; they, and Docker, are made only when one of these is wanted. */
async function benchInLab() {
  if (!(['step', 'worker', 'noopDeploy', 'up', 'recoverData', 'recover'] as const).some(wanted)) return {};
  const docker = ['test/setup/docker.sh', ...words.filter((word) => word === '--yes')];
  const { status } = spawnSync('bash', docker, { stdio: ['inherit', process.stderr, 'inherit'] });
  if (status !== 0) process.exit(1);
  const lab = await openLab({ hosts: 3 });
  return { ...(await benchSmall(lab)), ...(await benchUps(lab)), ...(await benchRecoveries(lab)) };
}

async function benchSmall(lab: Lab) {
  if (!(['step', 'worker', 'noopDeploy'] as const).some(wanted)) return {};
  const operator = await openOperator(lab);
  try {
    const config = parseConfig(await readFile(operator.configFile, 'utf8'), operator.configFile);
    const alone = {
      ...(await figure('step', 'steps on the embedded server', async () => ({
        overheadMs: await benchStep(config),
      }))),
    };
    if (!wanted('worker') && !wanted('noopDeploy')) return alone;
    const up = await operator.up();
    const hosts = [await lab.host('vps2.lab'), await lab.host('vps3.lab')];
    return {
      ...(await figure('noopDeploy', 'deploy with nothing to change, beside pyinfra', () =>
        benchNoopDeploy(operator, lab, hosts),
      )),
      ...(await figure('worker', 'worker', () => benchWorker(operator, up))),
      ...alone,
    };
  } finally {
    await operator.close();
  }
}

async function benchUps(lab: Lab) {
  if (!wanted('up')) return {};
  const withOdoo = await openLab({ hosts: 3, images: ['odoo:14', 'redis:8'] });
  const host = await withOdoo.fresh('vps90.lab');
  const operator = await openOperator(lab);
  try {
    await operator.up();
    return await figure('up', 'start up with nothing to change', () => benchUp(operator, host));
  } finally {
    await operator.close();
    await lab.destroy(host.name);
  }
}

async function benchRecoveries(lab: Lab) {
  if (!wanted('recoverData') && !wanted('recover')) return {};
  say('a host with 384 MB and 100,000 rows, backed up');
  const shop = await openShop(lab, 4);
  try {
    const [first, ...others] = shop.fresh;
    return {
      ...(await figure('recoverData', "recovery's transfer, beside rsync", () =>
        benchRecoverData(shop, first!),
      )),
      ...(await figure('recover', 'recovery of a host, beside the commands by hand', () =>
        benchRecover(lab, shop, others, say),
      )),
    };
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
