import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cluster, startCluster } from '../../lab/postgres-cluster.js';
import { backUp, recover } from '../../lab/recovered-cluster.js';
import { run } from '../../lab/run.js';

let old: Cluster;
let there: Cluster;

beforeAll(async () => {
  [old, there] = await Promise.all([startCluster(), startCluster()]);
  await old.sql(`
    CREATE ROLE shop LOGIN PASSWORD 'a secret' CREATEDB;
    CREATE ROLE reader; CREATE ROLE "odd role" LOGIN; CREATE ROLE clerk LOGIN NOINHERIT IN ROLE reader;
    ALTER ROLE shop SET search_path = 'Some', public; ALTER ROLE shop SET shop.customer = 'a ''quoted'' name';
    CREATE DATABASE shop OWNER shop LC_COLLATE 'C' TEMPLATE template0;
    CREATE DATABASE "odd/name = 1" OWNER "odd role" ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0;
    CREATE DATABASE several OWNER shop; CREATE DATABASE bare;
    ALTER DATABASE shop CONNECTION LIMIT 7; COMMENT ON DATABASE shop IS 'sells things';
    ALTER DATABASE shop SET work_mem = '7MB'; ALTER ROLE clerk IN DATABASE shop SET statement_timeout = '1s';
    REVOKE CONNECT, TEMPORARY ON DATABASE shop FROM PUBLIC; GRANT CONNECT ON DATABASE shop TO clerk WITH GRANT OPTION`);
  await old.sql(
    `CREATE SCHEMA extensions AUTHORIZATION shop; CREATE EXTENSION pg_trgm SCHEMA extensions; CREATE EXTENSION unaccent`,
    'shop',
  );
  await old.sql(
    `CREATE TABLE kept (n int PRIMARY KEY, text text) ; INSERT INTO kept SELECT n, 'row ' || n FROM generate_series(1, 1000) AS n;
     CREATE INDEX alike ON kept USING gin (text extensions.gin_trgm_ops);
     CREATE VIEW few AS SELECT * FROM kept WHERE n < 10; CREATE MATERIALIZED VIEW counted AS SELECT * FROM few;
     ALTER TABLE kept ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON kept USING (n > 0);
     GRANT SELECT ON kept TO reader; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader;
     SELECT lo_from_bytea(0, 'large object'); CREATE PUBLICATION mine FOR TABLE kept;
     CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT 2 * n'; REVOKE EXECUTE ON FUNCTION twice FROM PUBLIC;
     CREATE TABLE made (n int, twice int GENERATED ALWAYS AS (2 * n) STORED, CHECK (twice > n)); INSERT INTO made VALUES (4);
     ALTER TABLE made ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY none ON made USING (false)`,
    ...['shop', 'shop'],
  );
  await old.sql('CREATE TABLE "odd table" AS SELECT 1 AS one', 'odd/name = 1', 'odd role');
  await old.sql(
    `CREATE SCHEMA theirs AUTHORIZATION "odd role"; CREATE SCHEMA empty AUTHORIZATION reader;
     CREATE TABLE theirs.t AS SELECT generate_series(1, 10) AS n; ALTER TABLE theirs.t OWNER TO shop;
     CREATE FUNCTION theirs.one() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION theirs.one() OWNER TO reader;
     CREATE TYPE theirs.mood AS ENUM ('sad', 'happy'); ALTER TYPE theirs.mood OWNER TO clerk;
     CREATE MATERIALIZED VIEW theirs.sum AS SELECT sum(n) FROM theirs.t; ALTER MATERIALIZED VIEW theirs.sum OWNER TO "odd role";
     GRANT USAGE ON SCHEMA theirs TO shop; GRANT CREATE ON SCHEMA public TO reader; GRANT SELECT ON theirs.t TO "odd role";
     ALTER DEFAULT PRIVILEGES FOR ROLE "odd role" IN SCHEMA theirs GRANT SELECT ON TABLES TO reader`,
    'several',
  );
}, 120_000);
afterAll(() => Promise.all([old.stop(), there.stop()]));

/** Everything about a database, as SQL; keys of psql's \restrict are new each time. */
async function whole(cluster: Cluster, database: string): Promise<string> {
  const argv = ['pg_dump', '--create', '-U', 'postgres'] as const;
  const { stdout } = await run([...argv], { env: { ...cluster.env, PGDATABASE: database } });
  return stdout.replace(/^\\(?:un)?restrict .*$/gm, '');
}
const roles = (cluster: Cluster) =>
  cluster.sql(`SELECT r.*, (SELECT setconfig FROM pg_db_role_setting s WHERE setrole = r.oid AND setdatabase = 0),
    (SELECT string_agg(roleid::regrole::text, ',' ORDER BY 1) FROM pg_auth_members WHERE member = r.oid)
    FROM (SELECT rolname, rolsuper, rolinherit, rolcreatedb, rolcanlogin, rolpassword, oid FROM pg_authid WHERE rolname !~ '^pg_') AS r
    ORDER BY 1`);
const withoutIds = (rows: string) => rows.replace(/\|\d+\|/g, '|');

test('databases come back whole, with their rights, and nothing is beside them', async () => {
  const backup = await backUp(old);
  const done = await recover(there, backup);
  expect(done, done.stdout + done.stderr).toMatchObject({ code: 0, left: [] });
  for (const { name } of backup.databases)
    expect(await whole(there, name), name).toBe(await whole(old, name));
  expect(withoutIds(await roles(there))).toBe(withoutIds(await roles(old)));
});
