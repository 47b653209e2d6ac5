import { mkdir, readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cluster, startCluster } from '../../lab/postgres-cluster.js';
import { postgresLibrary } from '../../../activities/job.js';
import { hostScript } from '../../lab/host-script.js';
import { plantedIn, planting } from './postgres-attacks.js';

let cluster: Cluster;
const dumps = () => path.join(cluster.folder, 'backup/dumps/db');

beforeAll(async () => {
  cluster = await startCluster();
  await cluster.sql(`CREATE ROLE shop LOGIN; CREATE DATABASE shop OWNER shop; CREATE ROLE other`);
  await cluster.sql('CREATE DATABASE "odd/name = 1" OWNER shop');
  await cluster.sql('CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n', 'shop', 'shop');
  await cluster.sql(plantedIn('shop'), 'shop', 'shop');
  await cluster.sql(planting('shop'), 'shop', 'shop');
  await mkdir(path.join(cluster.folder, 'backup'));
});
afterAll(() => cluster.stop());

const dump = async () => {
  const script = await hostScript('dumps', [postgresLibrary]);
  const { folder, env } = cluster;
  const progress = { MYC_PROGRESS: path.join(folder, 'progress'), MYC_RESULT: path.join(folder, 'result') };
  return script(['db', '0123abcd', 'postgres'], { ...env, ...progress }, { '/var/lib/myc-wf': folder });
};

test('a nightly dump makes nobody a superuser, whatever a database defines and sets', async () => {
  const { code, stderr } = await dump();
  expect(code, stderr).toBe(0);
  expect(await cluster.sql('SELECT rolname FROM pg_roles WHERE rolsuper')).toBe('postgres');
  expect((await readdir(dumps())).sort()).toEqual([
    ...['+6f64642f6e616d65203d2031.dump', 'databases.json', 'postgres.dump', 'roles.json', 'shop.dump'],
  ]);
  const listed = await readFile(path.join(dumps(), 'shop.dump'));
  expect(listed.includes('TABLE DATA')).toBe(true);
});

test('databases and roles are dumped as data', async () => {
  await cluster.sql(`ALTER DATABASE shop CONNECTION LIMIT 7; GRANT CONNECT ON DATABASE shop TO other`);
  expect((await dump()).code).toBe(0);
  const databases = JSON.parse(await readFile(path.join(dumps(), 'databases.json'), 'utf8')) as unknown[];
  expect(databases).toContainEqual(
    expect.objectContaining({
      ...{ name: 'shop', owner: 'shop', encoding: 'UTF8', connectionLimit: 7 },
      settings: [{ role: null, settings: ['search_path=planted, pg_catalog, public'] }],
      acl: expect.arrayContaining([{ grantee: 'other', privilege: 'CONNECT', grantable: false }]) as unknown,
    }),
  );
  const index = JSON.parse(await readFile(path.join(dumps(), '../index.json'), 'utf8')) as unknown;
  expect(index).toEqual([
    expect.objectContaining({
      ...{ name: 'db', kind: 'postgres', image: 'postgres:17' },
      databases: [
        { name: 'odd/name = 1', file: '+6f64642f6e616d65203d2031.dump' },
        { name: 'postgres', file: 'postgres.dump' },
        { name: 'shop', file: 'shop.dump' },
      ],
    }),
  ]);
});
