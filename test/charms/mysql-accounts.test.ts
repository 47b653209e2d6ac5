import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type MariaDb, startMariaDb } from './mariadb.js';

type Row = Readonly<Record<string, string>>;
type Accounts = Readonly<Record<string, readonly Row[]>>;

let db: MariaDb;
let folder: string;
const version = '100000';
const hash = '*667F407DE7C6AD07358FA38DAED7828A72014B4E';
const tables = ['global_priv', 'db', 'tables_priv', 'columns_priv', 'procs_priv', 'roles_mapping'];
const restored = ['shop', 'a_b', 'm_sql'];
const own = `User IN ('root', 'mariadb.sys', 'mysql', 'healthcheck')`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mysql-accounts-'));
  db = await startMariaDb();
  for (const name of [...restored, 'axb', 'private']) db.sql(`CREATE DATABASE \`${name}\``);
  db.sql('CREATE TABLE private.t (n int); CREATE TABLE shop.t (n int, m int)');
});
afterAll(async () => {
  await db.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  forgetAccounts();
});

const forgetAccounts = () =>
  db.sql(
    `${tables.map((table) => `DELETE FROM mysql.${table} WHERE NOT (${own});`).join('')} FLUSH PRIVILEGES`,
  );

const encoded = (accounts: Accounts) =>
  Object.fromEntries(
    Object.entries(accounts).map(([table, rows]) => [
      table,
      rows.map((row) =>
        Object.fromEntries(
          Object.entries(row).map(([column, text]) => [column, Buffer.from(text).toString('base64')]),
        ),
      ),
    ]),
  );
function restore(content: unknown, databases: readonly string[] = restored) {
  const file = join(folder, 'accounts.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return db.charm('dumps/restore-accounts', [file, version, ...databases]);
}
/** Restores what has to be restored without a fault; what it says. */
function restoreAccounts(accounts: Accounts): string {
  const { status, stdout, stderr } = restore(encoded(accounts));
  expect({ status, stderr }).toMatchObject({ status: 0 });
  return stdout;
}
const account = (user: string, priv: object = {}, host = '%'): Row => ({
  Host: host,
  User: user,
  Priv: JSON.stringify({ access: 0, plugin: 'mysql_native_password', authentication_string: hash, ...priv }),
});
const role = (user: string): Row => ({
  Host: '',
  User: user,
  Priv: JSON.stringify({ access: 0, is_role: true }),
});
const onDatabase = (user: string, pattern: string, rights: Row = {}, host = '%'): Row => ({
  Host: host,
  User: user,
  Db: pattern,
  Select_priv: 'Y',
  ...rights,
});
const grants = (user: string, host = '%') => db.sql(`SHOW GRANTS FOR '${user}'@'${host}'`);
const users = () => db.sql(`SELECT User FROM mysql.global_priv WHERE NOT (${own}) ORDER BY 1`);

test('accounts, roles and rights of the databases that come back are as they were', () => {
  db.sql(`CREATE USER shop@'%' IDENTIFIED BY 'shop' WITH MAX_USER_CONNECTIONS 20; GRANT ALL ON shop.* TO shop@'%';
    CREATE USER reader@'10.%' IDENTIFIED BY 'x' REQUIRE SSL PASSWORD EXPIRE INTERVAL 90 DAY ACCOUNT LOCK;
    CREATE ROLE sees; GRANT SELECT ON \`a\\_b\`.* TO sees; GRANT sees TO reader@'10.%'; SET DEFAULT ROLE sees FOR reader@'10.%';
    GRANT INSERT (n), SELECT ON shop.t TO reader@'10.%';
    CREATE PROCEDURE shop.p() SELECT 1; GRANT EXECUTE ON PROCEDURE shop.p TO reader@'10.%'`);
  const all = () =>
    [
      grants('shop'),
      grants('reader', '10.%'),
      db.sql('SHOW GRANTS FOR sees'),
      db.sql(`SHOW CREATE USER reader@'10.%'`),
    ].join('\n');
  const before = all();
  const { stdout } = db.charm('dumps/accounts');
  forgetAccounts();
  expect(restore(stdout)).toEqual({ status: 0, stdout: '', stderr: '' });
  expect(all()).toBe(before);
  expect(db.sql('SELECT current_user()', { user: 'shop' })).toBe('shop@%');
  // Killed anywhere and run again, it ends the same.
  expect(restore(stdout).status).toBe(0);
  expect(all()).toBe(before);
});

test.each<[string, Row, string]>([
  [
    'every right on the server',
    account('evil', { access: 18446744073709551615 }),
    'rights on the whole server',
  ],
  ['the right to name definers', account('evil', { access: 2 ** 34 }), 'rights on the whole server'],
  [
    'a right that is a text',
    account('evil', { access: '18446744073709551615' }),
    'rights on the whole server',
  ],
  [
    'another way to log in',
    account('evil', { auth_or: [{}, { plugin: 'unix_socket' }] }),
    'its other ways to log in',
  ],
])('an account with %s comes back without it', (_what, row, says) => {
  expect(restoreAccounts({ global_priv: [row] })).toContain(`'evil'@'%': ${says}`);
  expect(grants('evil')).toBe(`GRANT USAGE ON *.* TO \`evil\`@\`%\` IDENTIFIED BY PASSWORD '${hash}'`);
});

test.each<[string, Row]>([
  ['a way in by socket', account('evil', { plugin: 'unix_socket', authentication_string: '' })],
  ['pam', account('evil', { plugin: 'pam', authentication_string: 'mariadb' })],
  [
    'a plugin that is not loaded',
    account('evil', { plugin: 'ed25519', authentication_string: 'A'.repeat(43) }),
  ],
  ['no password', account('evil', { authentication_string: '' })],
  [
    'a hash of old',
    account('evil', { plugin: 'mysql_old_password', authentication_string: '0123456789abcdef' }),
  ],
  ['a hash that goes on', account('evil', { authentication_string: `${hash}\n` })],
  ['no JSON', { Host: '%', User: 'evil', Priv: 'access' }],
  ['a list', { Host: '%', User: 'evil', Priv: '[]' }],
  ['a role’s mark that is a text', account('evil', { is_role: 'true', plugin: 'unix_socket' })],
  ['a limit that is a mapping', account('evil', { max_questions: { a: 1 } })],
  ['the superuser’s name', account('root')],
  ['the superuser’s name from elsewhere', account('root', {}, '10.0.0.1')],
  ['the superuser’s name in capitals', account('Root')],
  ['the superuser’s name and a space', account('root ')],
  ['the name of all', account('PUBLIC', {}, '')],
  ['no name', account('', {}, 'localhost')],
  ['a name of ours', account('myc-loader', {}, 'localhost')],
  ['a quote in its name', account("e'; GRANT ALL ON *.* TO 'evil'@'%'; --")],
  ['a look-alike of the superuser’s name', account('rооt')],
  ['no host', account('evil', {}, '')],
  ['a host with a quote', account('evil', {}, "%' IDENTIFIED BY 'x")],
  ['a role of one host', { ...role('evil'), Host: '%' }],
])('an account with %s does not come back, and is named', (_what, row) => {
  const before = db.sql(`SELECT * FROM mysql.global_priv`);
  expect(restoreAccounts({ global_priv: [row, account('good')] })).toContain(
    `@'${(row.Host ?? '').slice(0, 5)}`,
  );
  expect(users()).toBe('good');
  expect(db.sql(`SELECT * FROM mysql.global_priv WHERE User <> 'good'`)).toBe(before);
});

test.each<[string, Row, string]>([
  ['on the server’s own database', onDatabase('evil', 'mysql'), 'rights on databases like mysql'],
  ['on whatever has such a name', onDatabase('evil', 'my%'), 'rights on databases like my%'],
  ['on every database', onDatabase('evil', '%'), 'rights on databases like %'],
  [
    'on a database that does not come back',
    onDatabase('evil', 'private'),
    'rights on databases like private',
  ],
  ['of nobody', onDatabase('', '%'), 'rights of an account that is not in the backup'],
  ['on all that looks like its own', onDatabase('evil', 's_op'), 'rights on databases like s_op'],
])('rights %s do not come back, and are named', (_what, row, says) => {
  expect(restoreAccounts({ global_priv: [account('evil')], db: [row] })).toContain(says);
  expect(db.sql('SELECT count(*) FROM mysql.db WHERE User IN ("evil", "")')).toBe('0');
});

test('rights on a name with an underscore are rights on that database and on no other', () => {
  const left = restoreAccounts({
    global_priv: [account('evil'), account('good')],
    db: [
      onDatabase('evil', 'a_b'),
      onDatabase('evil', 'm_sql'),
      onDatabase('good', 'a\\_b'),
      onDatabase('good', 'a_b', { Insert_priv: 'Y' }),
    ],
  });
  expect(left).toContain(`'evil'@'%': rights on other databases than m_sql that are like m_sql`);
  expect(grants('evil')).toContain('GRANT SELECT ON `a\\_b`.*');
  expect(grants('evil')).toContain('GRANT SELECT ON `m\\_sql`.*');
  expect(grants('good')).toContain('GRANT SELECT, INSERT ON `a\\_b`.*');
});

test('nobody may pass on rights', () => {
  const left = restoreAccounts({
    global_priv: [account('evil'), role('r')],
    db: [onDatabase('evil', 'shop', { Grant_priv: 'Y' })],
    tables_priv: [
      { Host: '%', User: 'evil', Db: 'shop', Table_name: 't', Table_priv: 'Select,Grant', Column_priv: '' },
    ],
    procs_priv: [
      {
        Host: '%',
        User: 'evil',
        Db: 'shop',
        Routine_name: 'p',
        Routine_type: 'PROCEDURE',
        Proc_priv: 'Execute,Grant',
      },
    ],
    roles_mapping: [{ Host: '%', User: 'evil', Role: 'r', Admin_option: 'Y' }],
  });
  expect(grants('evil')).not.toMatch(/GRANT OPTION|ADMIN OPTION/);
  expect(grants('evil')).toContain('GRANT SELECT ON `shop`.`t`');
  expect(grants('evil')).toContain('GRANT `r` TO');
  expect(left).toContain('pass on its rights on shop');
  expect(left).toContain('pass on the role r');
});

test('a role that is not in the backup is given to nobody', () => {
  db.sql('CREATE ROLE mighty; GRANT ALL ON *.* TO mighty');
  const left = restoreAccounts({
    global_priv: [account('evil', { default_role: 'mighty' })],
    roles_mapping: [{ Host: '%', User: 'evil', Role: 'mighty', Admin_option: 'N' }],
  });
  expect(left).toContain(`'evil'@'%': the role mighty`);
  expect(grants('evil')).not.toContain('mighty');
  expect(db.sql(`SHOW CREATE USER evil@'%'`)).not.toContain('mighty');
});

test.each<[string, unknown]>([
  ['no JSON', '{"global_priv": ['],
  ['a list', []],
  ['a row that is a text', { global_priv: ['evil'] }],
  ['a value that is a number', { global_priv: [{ Host: 'JQ==', User: 7 }] }],
  ['a value that is no base64', { global_priv: [{ Host: "') ; --", User: 'ZXZpbA==', Priv: 'e30=' }] }],
])('a file that is %s is refused, and changes nothing', (_what, content) => {
  const before = db.sql('SELECT * FROM mysql.global_priv');
  const { status, stderr } = restore(content);
  expect(status).not.toBe(0);
  expect(stderr).toContain('the accounts of the backup cannot be read');
  expect(db.sql('SELECT * FROM mysql.global_priv')).toBe(before);
});

test.each<[string, readonly string[], string]>([
  ['a version that is a program', ['a[$(touch evil)]'], 'usage'],
  ['the server’s own database', [version, 'MySQL'], 'own'],
  ['a database with a backtick', [version, 'a`b'], 'no name'],
  ['a newer server’s', ['990000'], 'an older server cannot read them'],
])('%s is refused', (_what, args, says) => {
  const file = join(folder, 'none.json');
  writeFileSync(file, '{}');
  const { status, stderr } = db.charm('dumps/restore-accounts', [file, ...args]);
  expect(status).toBe(1);
  expect(stderr).toContain(says);
});

test('whatever rows a backup has, nobody gets more than rights in its databases', () => {
  const user = fc.oneof(
    fc.constantFrom('evil', 'shop', 'r', 'root', 'ROOT', 'root ', '', 'PUBLIC', 'mysql', 'myc-x'),
    fc.string({ maxLength: 6 }),
  );
  const host = fc.constantFrom('%', '', 'localhost', 'LOCALHOST', '10.%', '%\n', "'");
  const database = fc.constantFrom(
    'shop',
    'a_b',
    'a\\_b',
    'm_sql',
    'mysql',
    'sys',
    '%',
    '',
    'my%',
    'private',
    'SHOP',
    'shop\n',
    'shop\\',
    '\\shop',
  );
  const choice = fc.constantFrom('Y', 'N', 'y', '', 'Y\n');
  const rows = (model: Record<string, fc.Arbitrary<string>>) =>
    fc.array(fc.record({ Host: host, User: user, ...model }), { maxLength: 40 });
  const priv = fc.record(
    {
      access: fc.constantFrom<unknown>(0, 1, 2 ** 40, 18446744073709551615, '9', null, [], true),
      plugin: fc.constantFrom<unknown>('mysql_native_password', 'unix_socket', 'ed25519', 'pam', null, 7),
      authentication_string: fc.constantFrom<unknown>(hash, '', 'invalid', `${hash}x`, null, {}),
      is_role: fc.constantFrom<unknown>(true, false, 'true', 1),
      auth_or: fc.constantFrom<unknown>([{}, { plugin: 'unix_socket' }], null),
      default_role: fc.constantFrom<unknown>('r', 'root', 7),
      max_questions: fc.constantFrom<unknown>(0, 7, -1, 'x'),
      account_locked: fc.constantFrom<unknown>(true, 'x'),
      super: fc.constant(true),
    },
    { requiredKeys: [] },
  );
  const words = fc.constantFrom('Select', 'Select,Grant', 'Grant', 'Super', '', "Select'");
  const backup = fc.record({
    global_priv: rows({
      Priv: fc.oneof(
        priv.map((value) => JSON.stringify(value)),
        fc.string({ maxLength: 5 }),
      ),
    }),
    db: rows({
      Db: database,
      Select_priv: choice,
      Grant_priv: choice,
      Super_priv: choice,
      'Drop_priv`) -- ': choice,
    }),
    tables_priv: rows({
      Db: database,
      Table_name: fc.constantFrom('t', 'user', "'"),
      Table_priv: words,
      Column_priv: words,
    }),
    columns_priv: rows({
      Db: database,
      Table_name: fc.constant('t'),
      Column_name: fc.constant('n'),
      Column_priv: words,
    }),
    procs_priv: rows({
      Db: database,
      Routine_name: fc.constant('p'),
      Routine_type: fc.constantFrom('PROCEDURE', 'FUNCTION', 'x'),
      Proc_priv: fc.constantFrom('Execute', 'Grant', 'Execute,Grant'),
    }),
    roles_mapping: rows({ Role: user, Admin_option: choice }),
  });
  const ownRows = db.sql(`SELECT * FROM mysql.global_priv WHERE ${own}`);
  const wrong = `
    SELECT * FROM mysql.global_priv WHERE NOT (${own}) AND (json_value(Priv, '$.access') <> 0 OR User = '' OR json_exists(Priv, '$.auth_or')
      OR coalesce(json_value(Priv, '$.authentication_string'), '') NOT REGEXP '^[*][0-9A-F]{40}$' AND NOT (coalesce(json_value(Priv, '$.is_role'), 0) AND Host = ''));
    SELECT * FROM mysql.db WHERE Db NOT IN ('shop', 'a\\\\_b', 'm\\\\_sql') OR Grant_priv = 'Y';
    SELECT * FROM mysql.tables_priv WHERE NOT (${own}) AND Db NOT IN ('shop', 'a_b', 'm_sql') OR find_in_set('Grant', Table_priv);
    SELECT * FROM mysql.columns_priv WHERE Db NOT IN ('shop', 'a_b', 'm_sql');
    SELECT * FROM mysql.procs_priv WHERE Db NOT IN ('shop', 'a_b', 'm_sql') OR find_in_set('Grant', Proc_priv);
    SELECT * FROM mysql.roles_mapping WHERE NOT (${own}) AND (Admin_option = 'Y' OR Role NOT IN (SELECT User FROM mysql.global_priv WHERE Host = '' AND json_value(Priv, '$.is_role')));`;
  fc.assert(
    fc.property(backup, (given) => {
      restoreAccounts(given);
      expect(db.sql(wrong)).toBe('');
      expect(db.sql(`SELECT * FROM mysql.global_priv WHERE ${own}`)).toBe(ownRows);
    }),
    { numRuns: 15 },
  );
});
