import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Progress } from '../../workflows/contract/progress.js';
import type { Operator } from '../e2e/operator.js';
import type { Lab, LabHost } from '../lab/lab.js';
import { repository } from '../lab/names.js';
import { run } from '../lab/run.js';
import { type Samples, rounded, summed } from './samples.js';
import type { Shop } from './shop.js';

export interface Recover {
  /** From the start of `myc-wf start recover …` to a fresh VPS until its services are probed: page and rows are there. */
  seconds: Samples;
  /** To by-hand.sh, an expert's commands in sequence on a host as fresh; below 1 is faster. */
  ratioToByHand: Samples;
}

type Say = (line: string) => void;

/** What the one before left to write would be waited for by each fsync of the next. */
const settled = () => run(['sync']);

/**
 * Each of the fresh hosts is recovered once, beside one made by hand; who is first takes turns. A host that serves is switched off,
 * since its healthchecks would slow down the next, but none is removed before the end: the disk gives back what one held for long
 * after it is gone, beside whatever runs next.
 */
export async function benchRecover(lab: Lab, shop: Shop, hosts: LabHost[], say: Say): Promise<Recover> {
  const ours: number[] = [];
  const ratios: number[] = [];
  const hands: LabHost[] = [];
  try {
    for (const [index, host] of hosts.entries()) {
      const hand = await lab.fresh(`vps${80 + index}.lab`);
      hands.push(hand);
      const oursFirst = index % 2 === 1;
      const before = oursFirst ? await recovered(lab, shop, host, say) : undefined;
      const theirs = await byHand(lab, shop, hand, say);
      const one = before ?? (await recovered(lab, shop, host, say));
      ours.push(one);
      ratios.push(rounded(one / theirs));
    }
  } finally {
    for (const { name } of hands) await lab.destroy(name);
  }
  return { seconds: summed(ours), ratioToByHand: summed(ratios) };
}

async function recovered(lab: Lab, { operator, source }: Shop, host: LabHost, say: Say): Promise<number> {
  await settled();
  const began = Date.now();
  await operator.done('start', 'recover', source, host.name);
  const steps = await stepsOf(operator, host.name);
  const probed = steps.find(({ id }) => id === 'probes')!.endedAtMs!;
  const took = (step: (typeof steps)[number]) => ((step.endedAtMs ?? 0) - (step.startedAtMs ?? 0)) / 1000;
  const done = steps.filter(({ state }) => state === 'done');
  say(`myc-wf: ${done.map((step) => `${step.id} ${took(step).toFixed(2)}`).join(', ')}`);
  await checkServed(host);
  await lab.powerOff(host.name);
  return (probed - began) / 1000;
}

export async function stepsOf(operator: Operator, host: string): Promise<Progress['steps']> {
  const { stdout } = await operator.done('--json', 'status', host);
  return (JSON.parse(stdout) as { progress: Progress }).progress.steps;
}

/** What by-hand.sh checks too. */
async function checkServed(host: LabHost): Promise<void> {
  const page = await (await fetch(`http://${host.address}:8080/`)).text();
  const count = ['docker', 'exec', 'myc-postgres-1', 'psql', '-XAtqU', 'postgres', 'shop', '-c'];
  const rows = (await host.exec([...count, 'SELECT count(*) FROM t'])).trim();
  if (page !== 'the shop\n' || rows !== '100000')
    throw new Error(`${host.name} serves ${JSON.stringify(page)} and ${rows} rows`);
}

async function byHand(lab: Lab, shop: Shop, host: LabHost, say: Say): Promise<number> {
  await settled();
  const composeFile = path.join(shop.operator.folder, 'docker-compose.yml');
  await writeFile(composeFile, shop.dockerCompose);
  const {
    address = '',
    'host-keys': [targetKey = ''] = [],
    'identity-file': adminKey = '',
  } = shop.target.config;
  const { stdout } = await run([
    ...(['bash', path.join(repository, 'test/bench/by-hand.sh'), host.address, host.hostKey] as const),
    ...[lab.identityFile, address, targetKey, adminKey, shop.ident, composeFile, 'http://mirror.lab'],
  ]);
  const parts = stdout.trim().split('\n');
  say(`by hand: ${parts.slice(0, -1).join(', ')}`);
  await checkServed(host);
  await lab.powerOff(host.name);
  return Number(parts.at(-1)!.replace('all ', ''));
}
