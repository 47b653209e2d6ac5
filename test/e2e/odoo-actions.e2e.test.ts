import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OdooHost, odooHost, withoutOdoo } from './odoo-host.js';
import { type Session, type Site, call, session, siteOf } from './odoo.js';

const name = 'vps74.lab';
const service = 'www.mydomain.org';
const attachment = Buffer.from(Array.from({ length: 20_000 }, (_, index) => (index * 7) % 251)).toString(
  'base64',
);

describe.skipIf(withoutOdoo)('the actions of a real Odoo and its postgres', () => {
  let at: OdooHost;
  let site: Site;
  let odoo: Session;
  let zip: string;

  beforeAll(async () => {
    at = await odooHost(name);
    await at.compose(`${service}:\n  charm: odoo\napache:\nletsencrypt:\n`);
    await at.operator.done('start', 'up', name);
    const live = `/srv/datastore/data/letsencrypt/etc/letsencrypt/live/${service}`;
    site = siteOf(at.host, service, await at.shell(`cat ${live}/fullchain.pem`));
    const password = await at.shell(`cat /srv/datastore/data/${service}/.compose/password/odoo-admin`);
    odoo = await session(site, service, 'admin', password);
    zip = path.join(at.operator.folder, 'db.zip');
  }, 900_000);
  afterAll(() => at.close());

  const action = (on: string, ...words: string[]) => at.operator.myc(['start', 'action', name, on, ...words]);
  const done = async (on: string, ...words: string[]) => {
    const ended = await action(on, ...words);
    expect(ended, ended.stderr).toMatchObject({ status: 0 });
    return ended;
  };
  const sql = (query: string, database: string = service) =>
    at.shell(`docker exec -i myc-postgres-1 psql -XqAtU postgres -v ON_ERROR_STOP=1 -d '${database}'`, query);
  const partners = () =>
    call<{ name: string }[]>(site, odoo, 'res.partner', 'search_read', [['name', 'like', 'Ada%']], ['name']);
  const filed = async () => {
    const found = await call<{ datas: string }[]>(
      site,
      odoo,
      'ir.attachment',
      'search_read',
      [['name', '=', 'notes']],
      ['datas'],
    );
    return found.map(({ datas }) => datas.replaceAll('\n', ''));
  };
  const files = () =>
    at.shell(`cd /srv/datastore/data/${service}/var/lib/odoo/filestore && find . -type f | sort | sha256sum`);
  /** What a load that did not go well leaves behind. */
  const untouched = async () => {
    expect(
      await sql("select string_agg(datname, ',') from pg_database where datname ~ '^myc-load'", 'postgres'),
    ).toBe('');
    expect(await at.shell(`cd /srv/datastore/data/${service}/var/lib/odoo && ls -A | grep myc || true`)).toBe(
      '',
    );
    expect(await at.shell(`ls -A /var/lib/myc-wf/actions/${service}`)).toBe('');
    expect(await at.shell('ls /var/lib/myc-wf/streams')).toBe('');
    expect((await partners()).map((one) => one.name)).toEqual(['Ada Lovelace']);
  };

  test('are listed and described, as the host has them', async () => {
    const list = await done(service);
    for (const word of ['save [--no-filestore] [DATABASE]', 'set-cyclos-url', 'update DATABASE [MODULE…]'])
      expect(list.stdout).toContain(word);
    const help = await done(service, 'load', '--help');
    expect(help.stdout).toContain('--neutralize');
    expect(help.stdout).toContain('consent: it replaces the database of this name and its files');
    expect(await action(service, 'laod')).toMatchObject({ status: 2 });
    expect((await action(service, 'laod')).stderr).toContain('write one of: load');
    expect((await action('odo', 'save')).stderr).toMatch(/write one of: .*www\.mydomain\.org/);
  });

  test('a partner and an attachment are saved, dropped, loaded, and found again', async () => {
    await call(site, odoo, 'res.partner', 'create', { name: 'Ada Lovelace' });
    await call(site, odoo, 'ir.attachment', 'create', { name: 'notes', datas: attachment });
    const before = await files();
    const saved = await done(service, 'save', '-o', zip);
    expect(saved.stdout).toContain(`wrote ${zip}`);
    expect(await at.shell('ls /var/lib/myc-wf/streams')).toBe('');

    const asked = await action(service, 'load', '--input', zip);
    expect(asked).toMatchObject({ status: 2 });
    expect(asked.stderr).toContain('load replaces the database of this name and its files');
    await done('postgres', 'rm', service, '--yes');
    await at.shell(`rm -rf /srv/datastore/data/${service}/var/lib/odoo/filestore/${service}`);
    await expect(partners()).rejects.toThrow();

    const loaded = await action(service, 'load', '--yes', '--input', zip);
    expect(loaded, loaded.stderr).toMatchObject({ status: 0 });
    expect((await partners()).map((one) => one.name)).toEqual(['Ada Lovelace']);
    expect(await filed()).toEqual([attachment]);
    expect(await files()).toBe(before);
    await untouched();
  }, 300_000);

  test('what goes through a pipe and what stays on the host are the same database', async () => {
    const piped = await at.operator.myc([
      'start',
      'action',
      name,
      service,
      'save',
      '--no-filestore',
      '--to-host',
      '/root/db.zip',
    ]);
    expect(piped).toMatchObject({ status: 0 });
    const python =
      'import zipfile, json; z = zipfile.ZipFile("/dev/stdin"); print(z.namelist(), json.load(z.open("manifest.json"))["odoo_dump"])';
    const held = await at.shell(
      `docker run --rm -v /root/db.zip:/dev/stdin.zip:ro --user 0 --entrypoint python3 odoo:14 -c '${python.replace('/dev/stdin', '/dev/stdin.zip')}'`,
    );
    expect(held).toBe("['dump.sql', 'manifest.json'] 1");
    expect(await at.shell('stat -c %a /root/db.zip')).toBe('600');
    const refused = await action(service, 'load', '--yes', '--from-host', '/root/db.zip');
    expect(refused).toMatchObject({ status: 1 });
    expect(refused.stderr).toContain('it has no filestore');
    await untouched();
  }, 120_000);

  test.each([
    [
      'cut off',
      'open("/w/evil.zip", "wb").write(open("/w/db.zip", "rb").read()[:-2000])',
      'no zip of an Odoo database',
    ],
    ['of no bytes', 'open("/w/evil.zip", "wb")', 'no zip of an Odoo database'],
    [
      'damaged inside',
      'b = bytearray(open("/w/db.zip", "rb").read()); b[5000:5100] = bytes(100); open("/w/evil.zip", "wb").write(b)',
      'no zip of an Odoo database',
    ],
    ['with a name that leads out', 'e("filestore/../../../../etc/cron.d/evil", "x")', 'leads out of it'],
    ['with an absolute name', 'e("/etc/cron.d/evil", "x")', 'leads out of it'],
    [
      'with a link',
      'i = zipfile.ZipInfo("filestore/ab/" + "a" * 40); i.external_attr = 0o120777 << 16; e(i, "/etc/shadow")',
      'is no file',
    ],
    [
      'with a name that is no file of Odoo',
      'e("filestore/ab/evil.sh", "x")',
      'no name that Odoo gives a file',
    ],
    ['whose SQL has an error', 'e("x", "", "create table ok(); create tabel broken();")', 'cannot be loaded'],
    [
      'whose SQL runs a program',
      'e("x", "", "\\\\! touch /tmp/evil\\ncopy (select 1) to program \'touch /tmp/evil\';")',
      'cannot be loaded',
    ],
    ['that holds no Odoo', 'e("x", "", "create table ok();")', 'holds no installed Odoo'],
    [
      'of another version',
      'e("x", "", "create table ir_module_module(name text, state text, latest_version text); insert into ir_module_module values (\'base\', \'installed\', \'16.0.1.3\');")',
      'a database of Odoo 16',
    ],
    [
      'whose view makes Odoo’s role a superuser when a superuser reads it',
      `e("x", "", '''create function f() returns text language plpgsql as $$ begin
        alter role "${service}" superuser; return '14.0.1.3'; exception when others then return '16.0.1.3'; end $$;
        create view ir_module_module as select text 'base' as name, text 'installed' as state, f() as latest_version;''')`,
      'a database of Odoo 16',
    ],
  ])(
    'a zip %s costs nothing',
    async (_what, python, says) => {
      await at.host.exec(['bash', '-c', 'mkdir -p /root/w && cat >/root/w/db.zip'], { input: '' });
      await at.host.exec(['bash', '-c', 'base64 -d >/root/w/db.zip'], {
        input: (await readFile(zip)).toString('base64'),
      });
      const script = `import zipfile
def e(name, text, sql="select 1;"):
    z = zipfile.ZipFile("/w/evil.zip", "w"); z.writestr("dump.sql", sql); z.writestr(name, text); z.close()
${python}`;
      await at.shell('docker run --rm -i --user 0 -v /root/w:/w --entrypoint python3 odoo:14 -', script);
      const evil = path.join(at.operator.folder, 'evil.zip');
      await writeFile(evil, Buffer.from(await at.shell('base64 -w0 /root/w/evil.zip'), 'base64'));
      const refused = await action(service, 'load', '--yes', '-i', evil);
      expect(refused, refused.stderr).toMatchObject({ status: 1 });
      expect(refused.stderr).toContain(says);
      expect(
        await at.shell(
          'ls /etc/cron.d | grep evil; docker exec myc-postgres-1 ls /tmp | grep evil; ls /tmp | grep evil; true',
        ),
      ).toBe('');
      expect(await sql('select rolname from pg_roles where rolsuper', 'postgres')).toBe('postgres');
      await untouched();
    },
    120_000,
  );

  test('a load killed in its swap is finished by the next run, and a worker killed in the middle goes on', async () => {
    await sql("update res_partner set name = 'Ada Byron' where name = 'Ada Lovelace'");
    // At the rename of the filestore, when the database has its new name already.
    await at.shell(
      `mkdir -p /root/bin && printf '%s\\n' '#!/bin/bash' 'case "$*" in *"/filestore.py swap "*) if [ ! -e /root/bin/done ]; then touch /root/bin/done; kill -9 $PPID; exit 1; fi ;; esac' 'exec /usr/bin/docker "$@"' >/usr/local/bin/docker && chmod +x /usr/local/bin/docker`,
    );
    const killed = await action(service, 'load', '--yes', '-i', zip);
    expect(killed).toMatchObject({ status: 1 });
    await at.shell('rm /usr/local/bin/docker; test -e /root/bin/done');
    expect(await at.shell(`stat -c %a /var/lib/myc-wf/actions/${service}`)).toBe('700');
    expect(await at.shell('docker ps -q -f label=com.docker.compose.service=' + service)).toBe('');

    const finished = await action(service, 'load', '--yes', '-i', zip);
    expect(finished, finished.stderr).toMatchObject({ status: 0 });
    await untouched();
    expect(await filed()).toEqual([attachment]);

    await sql("update res_partner set name = 'Ada Byron' where name = 'Ada Lovelace'");
    expect(await action(service, 'load', '--yes', '--detach', '-i', zip)).toMatchObject({ status: 0 });
    await sleep(1500);
    await at.up.kill9();
    at.up = await at.operator.up();
    expect(await at.operator.myc(['follow', name])).toMatchObject({ status: 0 });
    await untouched();
    expect(await filed()).toEqual([attachment]);
  }, 300_000);

  test('nothing that Odoo plants in its data leads root out of it', async () => {
    const planted = `set -e; cd /var/lib/odoo; mkdir .myc-load
printf '{"database":"../../../../../../../../usr/local/sbin","load":"x"}' >.myc-load/journal
mkdir -p .myc-load/filestore filestore/jq; ln -s /etc/planted .myc-held; ln -s /etc filestore/planted
ln -s /etc .myc-load/old; mkfifo filestore/${service}/pipe; ln -s /etc/hostname filestore/${service}/link`;
    await at.shell(`docker exec -i -u odoo myc-${service}-1 bash`, planted);
    const host = () =>
      at.shell('ls -A /usr/local/sbin /etc | sha256sum; sha256sum /etc/passwd; stat -c "%u %Y" /etc');
    const before = await host();
    await done(service, 'restart');
    await done('postgres', 'cp', service, 'planted');
    expect(await action(service, 'save', 'planted', '--to-host', '/root/planted.zip')).toMatchObject({
      status: 0,
    });
    await done(service, 'save', '--to-host', '/root/whole.zip');
    const named = 'import zipfile; print([n for n in zipfile.ZipFile("/w.zip").namelist() if len(n) < 20])';
    const held = (file: string) =>
      at.shell(`docker run --rm -v ${file}:/w.zip:ro --user 0 --entrypoint python3 odoo:14 -c '${named}'`);
    expect(await held('/root/planted.zip')).toBe("['dump.sql', 'manifest.json']");
    expect(await held('/root/whole.zip')).toBe("['dump.sql', 'manifest.json']");
    await done('postgres', 'rm', 'planted', '--yes');
    await at.shell(`docker exec -u odoo myc-${service}-1 rm /var/lib/odoo/filestore/planted`);
    await done(service, 'load', '--yes', '-i', zip);
    expect(await host()).toBe(before);
    await untouched();
  }, 300_000);

  test('a neutralised copy under another name: no mail, no scheduled actions, before Odoo knows it', async () => {
    await sql(
      "insert into ir_mail_server (name, smtp_host, smtp_port, smtp_encryption, active) values ('ours', 'mail.example.org', 25, 'none', true)",
    );
    await done(service, 'save', '-o', zip);
    await done(service, 'load', '--neutralize', '-d', 'staging', '--yes', '-i', zip);
    const staging = (query: string) => sql(query, 'staging');
    expect(await staging("select name || ' ' || smtp_host from ir_mail_server where active")).toBe(
      'neutralised: no mail goes out invalid',
    );
    expect(await staging('select count(*) from ir_cron where active')).toBe('1');
    expect(await staging("select value from ir_config_parameter where key = 'database.is_neutralized'")).toBe(
      'true',
    );
    const uuid = "select value from ir_config_parameter where key = 'database.uuid'";
    expect(await staging(uuid)).not.toBe(await sql(uuid));
    expect(await sql('select count(*) from ir_mail_server where active')).toBe('1');
  }, 180_000);

  test('update runs the updates of a module; what is not installed is said', async () => {
    await sql("update ir_module_module set latest_version = '14.0.0.1' where name = 'web'");
    await done(service, 'update', service, 'web');
    expect(await sql("select latest_version from ir_module_module where name = 'web'")).not.toBe('14.0.0.1');
    expect((await action(service, 'update', service, 'no_such_module')).stderr).toContain(
      'no_such_module is not installed',
    );
    await untouched();
    await done(service, 'restart');
    await untouched();
  }, 180_000);

  test('set-cyclos-url checks the address and that the database has a Cyclos', async () => {
    const url = 'https://cyclos.example.org/api';
    expect((await action(service, 'set-cyclos-url', url)).stderr).toContain('has no Cyclos');
    await sql('alter table res_company add column cyclos_server_url varchar');
    for (const wrong of [
      'cyclos.example.org',
      `${url}/`,
      "https://x'; drop table res_company",
      'ftp://x/api',
    ])
      expect((await action(service, 'set-cyclos-url', wrong)).stderr).toContain('is no address of a Cyclos');
    await done(service, 'set-cyclos-url', url);
    expect(await sql('select cyclos_server_url from res_company')).toBe(url);
  });

  test('postgres: ls, cp, chown, dump, load and rm', async () => {
    const list = await done('postgres', 'ls');
    expect(list.stdout).toMatch(
      new RegExp(`^staging\\t${service}\\t\\d+ MB\\n${service}\\t${service}\\t\\d+ MB\\n$`),
    );
    await done('postgres', 'cp', service, 'copy');
    expect((await action('postgres', 'cp', service, 'copy')).stderr).toContain('-f replaces it');
    expect(await sql("select name from res_partner where name like 'Ada%'", 'copy')).toBe('Ada Lovelace');
    const file = path.join(at.operator.folder, 'copy.dump');
    await done('postgres', 'dump', 'copy', '-o', file);
    await sql(
      "delete from res_partner_industry; update res_partner set name = 'nobody' where name like 'Ada%'",
      'copy',
    );
    await done('postgres', 'load', 'copy', '--yes', '-i', file);
    expect(await sql("select name from res_partner where name like 'Ada%'", 'copy')).toBe('Ada Lovelace');
    await writeFile(file, (await readFile(file)).subarray(0, 100_000));
    expect((await action('postgres', 'load', 'copy', '--yes', '-i', file)).stderr).toContain(
      'copy is as it was',
    );
    expect(await sql("select name from res_partner where name like 'Ada%'", 'copy')).toBe('Ada Lovelace');
    await sql('create role other', 'postgres');
    await done('postgres', 'chown', 'other', 'copy');
    expect(
      await sql(
        "select distinct pg_get_userbyid(relowner) from pg_class where relname in ('res_partner', 'res_partner_id_seq')",
        'copy',
      ),
    ).toBe('other');
    await done('postgres', 'rm', 'copy', '--yes');
    expect((await done('postgres', 'ls')).stdout).not.toContain('copy');
  }, 180_000);

  test('on the host, compose runs an action under the host’s lock, also from a pipe', async () => {
    const waited = await at.shell(
      `flock /var/lib/myc-wf/lock bash -c 'echo somebody >/var/lib/myc-wf/lock; sleep 2; date +%s%N >/root/freed' & sleep 0.5
      compose ls postgres 2>&1; [ "$(date +%s%N)" -gt "$(cat /root/freed)" ] && echo afterwards`,
    );
    expect(waited).toContain('waiting for the host, held by somebody');
    expect(waited).toContain('afterwards');
    expect(await at.shell('compose ls postgres')).toContain(`${service}\t${service}`);
    expect(
      await at.shell(
        `compose save ${service} >/root/pipe.zip && cat /root/pipe.zip | compose load ${service} staging 2>&1 | tail -n 1`,
      ),
    ).toBe('staging is loaded');
    expect(await at.shell('compose up 2>&1; echo $?')).toContain('\n2');
  }, 180_000);

  test('reset-wal shows what it would set, copies the data, and the server starts again', async () => {
    expect((await done('postgres', 'reset-wal', 'preview')).stdout).toContain(
      'First log segment after reset',
    );
    const killed = 'docker update --restart no myc-postgres-1 && docker kill myc-postgres-1';
    await at.shell(killed);
    const refused = await action('postgres', 'reset-wal', 'now');
    expect(refused.stderr).toContain('reset-wal force does it all the same');
    await done('postgres', 'reset-wal', 'force');
    const data = '/srv/datastore/data/postgres/var/lib/postgresql';
    expect(await at.shell(`ls ${data}`)).toBe('data\ndata.before-reset-wal');
    await at.operator.done('start', 'up', name);
    expect((await partners()).map((one) => one.name)).toEqual(['Ada Lovelace']);
  }, 180_000);
});
