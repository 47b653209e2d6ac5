import { fileURLToPath } from 'node:url';
import { parseComposeFile, plan, writeDockerCompose } from '../../charms/engine/index.js';
import { loadCharms } from '../../charms/engine/loader.js';
import { type Samples, rounded, sampled } from './samples.js';

export interface Resolve {
  /** compose.yml as text to docker-compose.yml as text: 200 services with 400 relations. */
  milliseconds: Samples;
  /** Time of 400 services to that of 50, as a part of eightfold: at 1 the time grows with the services, no faster. */
  growth: Samples;
}

const charms = loadCharms(fileURLToPath(new URL('../../charms', import.meta.url)), 'myc');

/** Sites of Odoo, most of whose relations the engine has to make: two each, to one server and one proxy, which has one more. */
function composeOf(services: number): string {
  const sites = Array.from({ length: services - 3 }, (_, index) => {
    const explicit = index % 4 === 0 ? `  relations: {web-proxy: {proxy: {domain: site${index}.lab}}}\n` : '';
    return `www.site${index}.lab:\n  charm: odoo\n  options: {modules: [base, sale], config: {workers: 2}}\n${explicit}`;
  });
  return `${sites.join('')}proxy:\n  charm: apache\ncertificates:\n  charm: letsencrypt\npostgres:\n`;
}

function resolved(text: string) {
  const planned = plan({
    ...{ composeFile: parseComposeFile(text, 'compose.yml'), charms },
    ...{ project: 'myc', datastore: '/srv/datastore' },
  });
  return { planned, written: writeDockerCompose(planned.dockerCompose) };
}

/** The quickest of three: a collection of garbage in the middle of one says nothing of the work. */
function milliseconds(text: string): number {
  const times = Array.from({ length: 3 }, () => {
    const began = performance.now();
    resolved(text);
    return performance.now() - began;
  });
  return Math.min(...times);
}

export async function benchResolve(): Promise<Resolve> {
  // Two more sites than that, so that there are four hundred.
  const text = composeOf(203);
  const { planned, written } = resolved(text);
  const relations = planned.services.flatMap(({ relations: own }) => own).length;
  if (planned.services.length < 200 || relations < 400 || !written.includes('www.site199.lab'))
    throw new Error(
      `this was to be 200 services with 400 relations: ${planned.services.length}, ${relations}`,
    );
  const [small, large] = [composeOf(50), composeOf(400)];
  for (let warm = 0; warm < 5; warm++) [small, large].forEach(resolved);
  return {
    milliseconds: await sampled(9, () => Promise.resolve(rounded(milliseconds(text)))),
    growth: await sampled(9, () => Promise.resolve(rounded(milliseconds(large) / milliseconds(small) / 8))),
  };
}
