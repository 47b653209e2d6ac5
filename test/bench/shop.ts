import { type Operator, openOperator } from '../e2e/operator.js';
import { type LabTarget, freshTarget } from '../lab/backup-target.js';
import type { Lab, LabHost } from '../lab/lab.js';

/** A host with a page, 100,000 rows and 384 MB in 2,002 files, backed up once; and fresh hosts to recover it to. */
export interface Shop {
  operator: Operator;
  target: LabTarget;
  ident: string;
  /** `myadmin@TARGET#IDENT`: what `myc-wf start recover` takes. */
  source: string;
  fresh: LabHost[];
  /** Of the host, as `up` wrote it: what an expert would have kept. */
  dockerCompose: string;
  close(): Promise<void>;
}

export const files = '/srv/datastore/data/files';
const ident = 'vps91.lab';
const page = '/srv/datastore/data/apache/usr/local/apache2/htdocs/index.html';
/** 2,000 of 92 kB and two of 100 MB, random. */
const fill = `mkdir -p ${files} && cd ${files} && head -c 184000000 /dev/urandom | split -a 4 -b 92000 - small- &&
  head -c 100000000 /dev/urandom >large-1 && head -c 100000000 /dev/urandom >large-2`;
const rows = 'CREATE TABLE t AS SELECT id, md5(id::text) AS m FROM generate_series(1, 100000) AS id';

export async function openShop(lab: Lab, count: number): Promise<Shop> {
  const old = await lab.fresh(ident);
  const fresh: LabHost[] = [];
  for (let index = 0; index < count; index++) fresh.push(await lab.fresh(`vps${92 + index}.lab`));
  const target = await freshTarget();
  const operator = await openOperator(lab, {
    // Without the lab's house packages and logins, which an expert's hands would have to be told of too.
    configure: (config) => ({
      ...config,
      'apt-repositories': {},
      registries: {},
      'backup-targets': { [target.name]: target.config },
    }),
  });
  const close = async (): Promise<void> => {
    await operator.close();
    await target.destroy();
    for (const { name } of [old, ...fresh]) await lab.destroy(name);
  };
  try {
    await operator.up();
    const dockerCompose = await serveAndBackUp(operator, old, target);
    return {
      operator,
      target,
      ident,
      source: `myadmin@${target.name}#${ident}`,
      fresh,
      dockerCompose,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function serveAndBackUp(operator: Operator, host: LabHost, target: LabTarget): Promise<string> {
  const on = (command: string): Promise<string> => host.exec(['bash', '-c', command]);
  const sql = (database: string, query: string) =>
    on(`docker exec myc-postgres-1 psql -XAtq -U postgres -d ${database} -c '${query}'`);
  await operator.done('start', 'deploy', host.name);
  await host.exec(['tee', '/opt/apps/myc-deploy/compose.yml'], {
    input: 'postgres:\napache:\n  options:\n    port: 8080\n',
  });
  await operator.done('start', 'up', host.name);
  await on(`${fill} && echo 'the shop' >${page}`);
  await sql('postgres', 'CREATE DATABASE shop');
  await sql('shop', rows);
  await operator.done('start', 'backup-install', `myadmin@${target.name}`, host.name);
  return on('cat /var/lib/myc-wf/compose/docker-compose.yml');
}
