import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { plantedIn, planting } from '../activities/scripts/postgres-attacks.js';
import { type Cluster, startCluster } from '../lab/postgres-cluster.js';
import { run } from '../lab/run.js';

const charms = fileURLToPath(new URL('../../charms', import.meta.url));
let cluster: Cluster;
let environment: Record<string, string>;

beforeAll(async () => {
  cluster = await startCluster();
  const { folder } = cluster;
  environment = {
    ...{ CHARM_PATH: `${charms}/postgres`, CHARM_NAME: 'postgres', SERVICE_NAME: 'db', PROJECT_NAME: 'myc' },
    ...{ SERVICE_DATASTORE: path.join(folder, 'store'), DOCKER_BASE_IMAGE: 'postgres:17' },
  };
  const service = path.join(folder, 'compose/services/db');
  for (const one of [service, path.join(folder, 'store')]) await mkdir(one, { recursive: true });
  await writeFile(path.join(service, 'environment.json'), JSON.stringify(environment));
  await cluster.sql(
    'CREATE ROLE shop LOGIN; CREATE ROLE other LOGIN; CREATE ROLE heir LOGIN IN ROLE pg_read_all_data',
  );
  await cluster.sql('CREATE DATABASE shop OWNER shop TEMPLATE template0');
  await cluster.sql('CREATE DATABASE by_hand');
  await cluster.sql('CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n', 'shop', 'shop');
  await cluster.sql('CREATE TABLE mine AS SELECT 7 AS n', 'shop');
  await cluster.sql(plantedIn('shop'), 'shop', 'shop');
  await cluster.sql(planting('shop'), 'shop', 'shop');
  // Whoever could make something in template1 would have it in each new database.
  await cluster.sql("CREATE FUNCTION public.inherited() RETURNS int LANGUAGE sql AS 'SELECT 1'", 'template1');
}, 120_000);
afterAll(() => cluster.stop());

const action = (...words: string[]) =>
  run(['bash', `${charms}/lib/run-action.sh`, 'db', ...words], {
    ...{ env: { ...cluster.env, COMPOSE_ROOT: path.join(cluster.folder, 'compose') }, allowFailure: true },
  });
const superusers = () => cluster.sql('SELECT rolname FROM pg_roles WHERE rolsuper');
const databases = () =>
  cluster.sql("SELECT datname || ' ' || datdba::regrole FROM pg_database WHERE NOT datistemplate ORDER BY 1");

test('ls, dump and cp make nobody a superuser, whatever a database defines', async () => {
  expect((await action('ls')).stdout).toMatch(/^by_hand\tpostgres\t\d+ kB\nshop\tshop\t\d+ kB\n$/);
  expect((await action('dump', 'shop')).stdout).toContain('PGDMP');
  const copied = await action('cp', 'shop', 'copy');
  expect(copied, copied.stderr).toMatchObject({ code: 0 });
  expect(await cluster.sql('SELECT count(*) FROM kept', 'copy', 'shop')).toBe('1000');
  expect(await cluster.sql("SELECT to_regproc('public.inherited') IS NULL", 'copy')).toBe('t');
  expect(await superusers()).toBe('postgres');
});

test('chown gives a database and all that is in it to a role of a service, and runs nothing of it', async () => {
  await cluster.sql(planting('copy'), 'copy', 'shop');
  for (const role of ['postgres', 'heir', 'pg_monitor', 'nobody']) {
    const refused = await action('chown', role, 'copy');
    expect(refused.stderr).toContain(`there is no role ${role} of a service`);
  }
  const owned = await action('chown', 'other', 'copy');
  expect(owned, owned.stderr).toMatchObject({ code: 0 });
  const owners = `SELECT DISTINCT pg_catalog.pg_get_userbyid(relowner) FROM pg_catalog.pg_class WHERE relnamespace::regnamespace::text IN ('public', 'planted')`;
  expect(await cluster.sql(owners, 'copy', 'other')).toBe('other');
  expect(await superusers()).toBe('postgres');
});

test('a database of a superuser is not copied with its rights; chown makes it a service’s', async () => {
  await cluster.sql('CREATE TABLE t AS SELECT 1 AS n', 'by_hand');
  const refused = await action('cp', 'by_hand', 'second');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('by_hand belongs to postgres, a superuser: make it a service');
  expect(await databases()).not.toContain('second');
  expect((await action('chown', 'other', 'by_hand')).code).toBe(0);
  expect((await action('cp', 'by_hand', 'second')).code).toBe(0);
  expect(await cluster.sql('SELECT n FROM t', 'second', 'other')).toBe('1');
});

async function join(base: string, data: object) {
  const { folder } = cluster;
  const file = path.join(folder, `${base}.json`);
  await writeFile(file, JSON.stringify(data));
  const env = {
    ...{ ...cluster.env, ...environment, BASE_SERVICE_NAME: base, MASTER_BASE_SERVICE_NAME: base },
    ...{ RELATION_DATA_FILE: file, RELATION_NAME: 'postgres-database', TARGET_SERVICE_NAME: 'db' },
    ...{
      COMPOSE_FRAGMENTS: path.join(folder, 'fragments'),
      COMPOSE_OPTIONS: file,
      COMPOSE_RELATIONS: folder,
    },
  };
  const argv = [
    'bash',
    `${charms}/lib/run-hook.sh`,
    `${charms}/postgres`,
    'postgres_database-relation-joined',
  ] as const;
  return run([...argv], { env, allowFailure: true });
}

test('a service gets a database of template0, with its extensions, that nobody else enters', async () => {
  const joined = await join('www', { extensions: ['unaccent', 'pg_trgm'], collation: 'C' });
  expect(joined, joined.stderr).toMatchObject({ code: 0 });
  const properties =
    "SELECT datdba::regrole, datcollate, datconnlimit, datacl FROM pg_database WHERE datname = 'www'";
  expect(await cluster.sql(properties)).toBe('www|C|-1|{www=CTc/www}');
  const extensions = "SELECT string_agg(extname, ',' ORDER BY extname) FROM pg_extension";
  expect(await cluster.sql(extensions, 'www', 'www')).toBe('pg_trgm,plpgsql,unaccent');
  expect(await cluster.sql("SELECT to_regproc('public.inherited') IS NULL", 'www')).toBe('t');
  const { password } = JSON.parse(await readFile(path.join(cluster.folder, 'www.json'), 'utf8')) as {
    password: string;
  };
  expect(password).toMatch(/^[0-9a-f]{64}$/);
});

test('what is in its database by then is not run by a superuser', async () => {
  await cluster.sql(plantedIn('www'), 'www', 'www');
  await cluster.sql(planting('www'), 'www', 'www');
  const again = await join('www', { extensions: ['unaccent', 'hstore'], collation: 'C' });
  expect(again, again.stderr).toMatchObject({ code: 0 });
  expect(
    await cluster.sql("SELECT extowner::regrole FROM pg_extension WHERE extname = 'hstore'", 'www'),
  ).toBe('www');
  expect(await superusers()).toBe('postgres');
  const denied = await join('www', { extensions: ['dblink'] });
  expect(denied.code).toBe(1);
  expect(denied.stderr).toContain('permission denied to create extension "dblink"');
});

test('an extension that is on no list, another’s database and a superuser’s name are refused', async () => {
  const extension = await join('new', { extensions: ['dblink'] });
  expect(extension.code).toBe(1);
  expect(extension.stderr).toContain('the extension dblink is not one that is made for a service');
  expect(await databases()).not.toContain('new ');
  const theirs = await join('third', { dbname: 'shop' });
  expect(theirs.stderr).toContain(
    "the database shop belongs to shop; write another 'dbname', or hand it over",
  );
  await cluster.sql("CREATE ROLE boss SUPERUSER LOGIN PASSWORD 'kept'");
  const before = await cluster.sql("SELECT rolpassword FROM pg_authid WHERE rolname = 'boss'");
  expect((await join('boss', {})).stderr).toContain('the role boss is a superuser');
  expect(await cluster.sql("SELECT rolpassword FROM pg_authid WHERE rolname = 'boss'")).toBe(before);
  await cluster.sql('DROP ROLE boss');
});

test('settings and names in the maintenance database, if a service gets it, mean nothing to the superuser', async () => {
  await cluster.sql('ALTER DATABASE postgres OWNER TO shop', 'template1');
  await cluster.sql(plantedIn('shop'), 'postgres', 'shop');
  await cluster.sql(planting('postgres'), 'postgres', 'shop');
  for (const setting of [
    'role = shop',
    'default_transaction_read_only = on',
    "local_preload_libraries = 'evil'",
  ])
    await cluster.sql(`ALTER DATABASE postgres SET ${setting}`, 'template1', 'shop');
  await cluster.sql("ALTER DATABASE postgres SET statement_timeout = '1ms'", 'template1', 'shop');
  expect((await action('ls')).stdout).toContain('shop\tshop\t');
  expect((await action('rm', 'second')).code).toBe(0);
  expect(await cluster.sql('SELECT rolname FROM pg_roles WHERE rolsuper', 'template1')).toBe('postgres');
});

test('a name that could be an option, a connection string or SQL is that of a database', async () => {
  const names = ['-l', 'host=evil user=postgres', "x'; DROP ROLE other; --", 'two\nlines', '"quoted"'];
  const library = `. ${charms}/lib/postgres.sh; `;
  for (const name of names) {
    await cluster.sql(
      `CREATE DATABASE ${`"${name.replaceAll('"', '""')}"`} OWNER other TEMPLATE template0`,
      'template1',
    );
    const answer = `${library}postgres_owner 0 "$1" <<<"SELECT current_user, current_database() = '$2'"`;
    const argv = ['bash', '-c', answer, 'test', name, name.replaceAll("'", "''")] as const;
    expect((await run([...argv], { env: cluster.env })).stdout).toBe('other|t\n');
    const dump = ['bash', '-c', `${library}postgres_dump 0 "$1"`, 'test', name] as const;
    expect((await run([...dump], { env: cluster.env })).stdout).toContain(
      'PostgreSQL database dump complete',
    );
  }
});
