import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Cluster, startCluster } from '../../lab/postgres-cluster.js';
import { type Backup, backUp, recover } from '../../lab/recovered-cluster.js';
import { plantedIn, planting } from './postgres-attacks.js';

let old: Cluster;
let there: Cluster;
let backup: Backup;

beforeAll(async () => {
  [old, there] = await Promise.all([startCluster(), startCluster()]);
  await old.sql(
    'CREATE ROLE shop LOGIN; CREATE ROLE other LOGIN; CREATE DATABASE shop OWNER shop; CREATE DATABASE by_hand',
  );
  await old.sql('CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n', 'shop', 'shop');
  await old.sql(
    `CREATE TABLE mine AS SELECT 7 AS n; GRANT SELECT ON mine TO shop;
     CREATE FUNCTION evil() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'ALTER ROLE shop SUPERUSER';
     CREATE FUNCTION noted() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
     CREATE EVENT TRIGGER noting ON ddl_command_end EXECUTE FUNCTION noted();
     COMMENT ON EVENT TRIGGER noting IS 'notes';
     CREATE PUBLICATION everything FOR ALL TABLES;
     CREATE FUNCTION low(cstring) RETURNS int LANGUAGE internal STRICT AS 'int4in';
     CREATE EXTENSION dblink; CREATE EXTENSION hstore;
     CREATE VIEW linked AS SELECT * FROM dblink('x', 'SELECT 1') AS d(n int)`,
    'shop',
  );
  await old.sql('CREATE TABLE t AS SELECT 1 AS n; CREATE EXTENSION citext', 'by_hand');
  backup = await backUp(old);
}, 120_000);
afterAll(() => Promise.all([old.stop(), there.stop()]));

afterEach(async () => {
  for (const name of ['shop', 'by_hand']) await there.sql(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await there.sql(
    `SELECT format('DROP ROLE %I', rolname) FROM pg_roles WHERE rolname !~ '^(pg_|postgres$)' \\gexec`,
  );
  await rm(path.join(backup.folder, 'restored'), { recursive: true, force: true });
});

const superusers = () => there.sql('SELECT rolname FROM pg_roles WHERE rolsuper');
const temporary = () => there.sql("SELECT rolname FROM pg_roles WHERE rolname ~ '^myc-'");

/** A backup whose owner rewrote one of its files. */
async function altered<T>(
  file: string,
  change: (value: T) => unknown,
  body: () => Promise<void>,
): Promise<void> {
  const name = path.join(backup.dumps, file);
  const before = await readFile(name, 'utf8');
  await writeFile(name, JSON.stringify(change(JSON.parse(before) as T)));
  try {
    await body();
  } finally {
    await writeFile(name, before);
  }
}

test('what only a superuser can make is named, the data is there, and a superuser owns nothing of it', async () => {
  const done = await recover(there, backup);
  expect(done, done.stdout + done.stderr).toMatchObject({ code: 0 });
  expect(done.left).toEqual(
    expect.arrayContaining([
      'not restored: shop of db: event trigger noting, which only a superuser can make',
      'not restored: shop of db: publication everything, which only a superuser can make',
      'not restored: shop of db: extension dblink, which is not one that is made for a service',
      expect.stringContaining('shop of db: function low(cstring)') as string,
      expect.stringContaining('shop of db: view linked') as string,
      expect.stringContaining('what was its own belongs to shop') as string,
    ]),
  );
  expect(await there.sql('SELECT count(*), (SELECT n FROM mine) FROM kept', 'shop', 'shop')).toBe('1000|7');
  await expect(there.sql('SELECT evil()', 'shop', 'other')).rejects.toThrow('must be superuser');
  for (const database of ['shop', 'by_hand'])
    expect(
      await there.sql(
        `SELECT relname FROM pg_class WHERE relowner = 10 AND oid > 16383 AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e') AND relnamespace <> 'pg_toast'::regnamespace
         UNION SELECT proname FROM pg_proc WHERE proowner = 10 AND oid > 16383 AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')`,
        database,
      ),
    ).toBe('');
  expect(await superusers()).toBe('postgres');
  expect(
    await there.sql(
      "SELECT datname, datdba::regrole FROM pg_database WHERE datname IN ('shop', 'by_hand') ORDER BY 1",
    ),
  ).toBe('by_hand|postgres\nshop|shop');
  // The superuser's own things of by_hand belong to a role that nobody can log in as.
  expect(await temporary()).toMatch(/^myc-owner-[0-9a-f]{12}$/);
  expect(await there.sql('SELECT * FROM t', 'by_hand')).toBe('1');
});

test('roles of a backup are no superusers, and become none', async () => {
  const role = (name: string, more: object) => ({
    ...{ name, superuser: false, inherit: true, createRole: false, createDb: false, login: true },
    ...{ replication: false, bypassRls: false, connectionLimit: -1, password: null, validUntil: null },
    ...{ settings: null, memberOf: null, ...more },
  });
  const member = (role: string) => [{ role, admin_option: true }];
  const name = "odd'; DROP ROLE shop; --\n";
  const wicked = [
    role('admin', { superuser: true, createRole: true, replication: true, bypassRls: true }),
    role('reader', { memberOf: [...member('pg_execute_server_program'), ...member('pg_read_server_files')] }),
    role('heir', { memberOf: member('postgres') }),
    role('loader', { settings: ['session_preload_libraries=/tmp/evil.so', 'local_preload_libraries=evil'] }),
    role('silent', {
      settings: ['log_statement=none', 'role=postgres', 'work_mem=7MB', 'search_path=x, pg_catalog'],
    }),
    role('plain', { password: 'plaintext' }),
    role('pg_mine', {}),
    role('postgres', { superuser: true, settings: ['search_path=evil'], memberOf: member('reader') }),
    role(`${'p'.repeat(63)}x`, {}),
    role(name, { superuser: true }),
  ];
  await altered<object[]>(
    'roles.json',
    (roles) => [...roles.filter((one) => (one as { name: string }).name !== 'postgres'), ...wicked],
    async () => {
      const done = await recover(there, backup, ['shop']);
      expect(done, done.stdout + done.stderr).toMatchObject({ code: 0 });
      expect(done.left).toEqual(
        expect.arrayContaining([
          'not restored: db: SUPERUSER, REPLICATION, BYPASSRLS, CREATEROLE of the role admin',
          'not restored: db: the role reader as a member of pg_execute_server_program',
          'not restored: db: the role heir as a member of postgres',
          'not restored: db: the setting session_preload_libraries of the role loader',
          'not restored: db: the setting local_preload_libraries of the role loader',
          'not restored: db: the setting log_statement of the role silent',
          'not restored: db: the setting role of the role silent',
          'not restored: db: the password of the role plain, which is no digest',
          'not restored: db: the role pg_mine: no role of a service has such a name',
        ]),
      );
      for (const line of done.left) expect(line).not.toMatch(/[\x00-\x1f]/);
      expect(
        await there.sql(
          'SELECT rolname FROM pg_roles WHERE (rolsuper OR rolreplication OR rolbypassrls OR rolcreaterole)',
        ),
      ).toBe('postgres');
      expect(
        await there.sql(
          "SELECT count(*) FROM pg_auth_members WHERE roleid::regrole::text ~ '^(pg_|postgres)' AND member > 16383",
        ),
      ).toBe('0');
      expect(await there.sql('SELECT setrole::regrole, setconfig FROM pg_db_role_setting ORDER BY 1')).toBe(
        'silent|{work_mem=7MB,"search_path=x, pg_catalog"}',
      );
    },
  );
});

test('what a backup says of a database gives nobody more than that database', async () => {
  interface Found {
    name: string;
  }
  const change = (all: Found[]) =>
    all.map((one) => ({
      ...one,
      owner: one.name === 'by_hand' ? 'pg_execute_server_program' : one.name === 'postgres' ? 'shop' : 'shop',
      settings: [
        {
          role: null,
          settings: [
            'session_preload_libraries=/tmp/evil.so',
            'role=postgres',
            'log_statement=none',
            'work_mem=7MB',
          ],
        },
        { role: 'postgres', settings: ['search_path=evil'] },
      ],
      acl: [
        { grantee: 'shop"; DROP ROLE other', privilege: 'CONNECT' },
        { grantee: null, privilege: 'CREATE; DROP ROLE other' },
      ],
      connectionLimit: 3,
      comment: "'; DROP ROLE other; --",
      collate: "C' OWNER postgres TABLESPACE pg_global --",
    }));
  const sane = (all: Found[]) =>
    (change(all) as Record<string, unknown>[]).map((one) => ({ ...one, collate: 'C' }));
  await altered('databases.json', change, async () => {
    const refused = await recover(there, backup, ['shop']);
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain('invalid');
  });
  await altered('databases.json', sane, async () => {
    const done = await recover(there, backup);
    expect(done, done.stdout + done.stderr).toMatchObject({ code: 0 });
    expect(done.left).toEqual(
      expect.arrayContaining([
        'not restored: shop of db: the setting session_preload_libraries',
        "not restored: postgres of db: its owner shop: it is the server's own database",
      ]),
    );
    expect(
      await there.sql(
        "SELECT datname, datdba::regrole FROM pg_database WHERE datname IN ('shop', 'by_hand', 'postgres') ORDER BY 1",
      ),
    ).toBe('by_hand|postgres\npostgres|postgres\nshop|shop');
    expect(await there.sql('SELECT DISTINCT setrole, setconfig FROM pg_db_role_setting')).toBe(
      '0|{work_mem=7MB}',
    );
    expect(await superusers()).toBe('postgres');
  });
  await there.sql(
    'ALTER DATABASE postgres RESET ALL; ALTER DATABASE postgres CONNECTION LIMIT -1; REASSIGN OWNED BY shop TO postgres',
  );
});

test('a dump whose own functions run while it is loaded makes nobody a superuser', async () => {
  await old.sql('CREATE ROLE trap LOGIN; CREATE DATABASE trap OWNER trap; CREATE DATABASE next OWNER other');
  await old.sql(plantedIn('trap'), 'trap', 'trap');
  await old.sql(
    `CREATE FUNCTION planted.checks(n int) RETURNS boolean LANGUAGE plpgsql AS $$
       BEGIN PERFORM planted.take(); EXECUTE 'RESET ROLE'; PERFORM planted.take();
         BEGIN EXECUTE 'SET ROLE other'; EXCEPTION WHEN OTHERS THEN NULL; END;
         BEGIN EXECUTE 'ALTER ROLE other PASSWORD ''taken'''; EXCEPTION WHEN OTHERS THEN NULL; END;
         RETURN true; END $$;
     CREATE TABLE trapped (n int CHECK (planted.checks(n))); INSERT INTO trapped VALUES (1);
     CREATE FUNCTION planted.marks(n int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN planted.take(); END $$;
     CREATE INDEX ON trapped (planted.marks(n))`,
    ...['trap', 'trap'],
  );
  await old.sql(planting('trap'), 'trap', 'trap');
  const planted = await backUp(old);
  const done = await recover(there, planted, ['trap', 'next']);
  expect(done, done.stdout + done.stderr).toMatchObject({ code: 0, left: [] });
  expect(await superusers()).toBe('postgres');
  expect(await temporary()).toBe('');
  expect(await there.sql("SELECT rolpassword FROM pg_authid WHERE rolname = 'other'")).toBe('');
  expect(await there.sql('SELECT count(*) FROM trapped', 'trap', 'trap')).toBe('1');
  for (const name of ['trap', 'next']) await there.sql(`DROP DATABASE ${name} WITH (FORCE)`);
  await old.sql('DROP DATABASE trap');
  await old.sql('DROP DATABASE next');
  await old.sql('DROP ROLE trap');
});

test('what was cut off in the middle is begun anew, and its role is gone', async () => {
  const first = await recover(there, backup, ['shop']);
  expect(first.code).toBe(0);
  // As a run leaves it that is killed while it loads: the mark, half a database, and the role that owns some of it.
  await rm(path.join(backup.folder, 'restored/db/shop.dump.done'));
  const role = `myc-restore-${createHash('sha256').update('shop').digest('hex').slice(0, 12)}`;
  await there.sql(`CREATE ROLE "${role}" LOGIN IN ROLE shop; ALTER DATABASE shop CONNECTION LIMIT 0`);
  await there.sql(`DROP TABLE kept; CREATE TABLE half (n int); ALTER TABLE half OWNER TO "${role}"`, 'shop');
  const done = await recover(there, backup, ['shop']);
  expect(done, done.stdout + done.stderr).toMatchObject({ code: 0 });
  expect(await there.sql('SELECT count(*) FROM kept', 'shop', 'shop')).toBe('1000');
  expect(await there.sql("SELECT to_regclass('half') IS NULL", 'shop')).toBe('t');
  expect(await temporary()).toBe('');
  expect((await recover(there, backup, ['shop'])).stdout).not.toContain('restoring');
});

test('a database that holds tables already is left as it is', async () => {
  await there.sql('CREATE DATABASE shop');
  await there.sql('REVOKE CONNECT ON DATABASE shop FROM PUBLIC');
  await there.sql('CREATE TABLE precious AS SELECT 1 AS n', 'shop');
  for (const round of ['first', 'second']) {
    const refused = await recover(there, backup, ['shop']);
    expect(refused.code, round).toBe(1);
    expect(refused.stdout).toContain('the database shop of db holds tables already; it was left as it is');
    expect(await there.sql('SELECT * FROM precious', 'shop')).toBe('1');
    expect(await temporary()).toBe('');
  }
});

test('a dump of another database is refused, and nothing is made', async () => {
  const swapped = { ...backup, databases: [{ name: 'shop', file: 'by_hand.dump' }] };
  const refused = await recover(there, swapped);
  expect(refused.code).toBe(1);
  expect(refused.stdout).toContain('by_hand.dump is not a dump of shop');
  expect(await there.sql("SELECT count(*) FROM pg_database WHERE datname = 'shop'")).toBe('0');
});

test('dumps of a newer server are refused before a role is made', async () => {
  const refused = await recover(there, backup, ['shop'], '990000');
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(
    /^db is PostgreSQL \d+, and the dumps are of 99: an older server cannot read them$/m,
  );
  expect(await there.sql("SELECT count(*) FROM pg_roles WHERE rolname = 'shop'")).toBe('0');
});

test('a backup without databases.json comes back as its archives say', async () => {
  await old.sql("CREATE DATABASE plain OWNER shop TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'");
  await old.sql('REVOKE CONNECT, TEMPORARY ON DATABASE plain FROM PUBLIC');
  const earlier = await backUp(old);
  await rm(path.join(earlier.dumps, 'databases.json'));
  const done = await recover(there, earlier, ['plain']);
  expect(done, done.stdout + done.stderr).toMatchObject({ code: 0, left: [] });
  const properties =
    "SELECT datdba::regrole, datcollate, datctype, datacl FROM pg_database WHERE datname = 'plain'";
  expect(await there.sql(properties)).toBe('shop|C|C.UTF-8|{shop=CTc/shop}');
  await there.sql('DROP DATABASE plain');
  await old.sql('DROP DATABASE plain');
});
