import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OdooHost, odooHost, withoutOdoo } from './odoo-host.js';
import { type Site, logIn, plain, siteOf } from './odoo.js';

const name = 'vps73.lab';
const domain = 'www.mydomain.org';

const short = `${domain}:\n  charm: odoo\napache:\nletsencrypt:\n`;
const explicit = `letsencrypt:
apache:
  relations: {cert-provider: letsencrypt}
postgres:
${domain}:
  charm: odoo
  relations:
    postgres-database: postgres
    web-proxy:
      apache:
        domain: ${domain}
        ssl:
          letsencrypt:
            challenge-type: http
`;

describe.skipIf(withoutOdoo)('a real Odoo from three lines', () => {
  let at: OdooHost;
  let site: Site;
  let password: string;

  beforeAll(async () => {
    at = await odooHost(name);
  }, 900_000);
  afterAll(() => at.close());

  const start = (...args: string[]) => at.operator.myc(['start', ...args]);
  const shell = (command: string, input?: string) => at.shell(command, input);
  const compose = (text: string) => at.compose(text);
  const containers = () => shell("docker ps --no-trunc --format '{{.Names}} {{.ID}}' | sort");
  const rendered = '/var/lib/myc-wf/compose/docker-compose.yml';

  test('comes up, and a person logs in over HTTPS through apache', async () => {
    await compose(short);
    const first = await start('up', name);
    expect(first).toMatchObject({ status: 0 });
    expect(first.stderr).toContain(`4 services: postgres, letsencrypt, apache, ${domain}`);
    const logs = await at.operator.myc(['logs', name]);
    expect(logs.stdout).toContain(`the certificate of ${domain} is self-signed`);

    const ca = await shell(
      `cat /srv/datastore/data/letsencrypt/etc/letsencrypt/live/${domain}/fullchain.pem`,
    );
    site = siteOf(at.host, domain, ca);
    password = await shell(`cat /srv/datastore/data/${domain}/.compose/password/odoo-admin`);
    expect((await logIn(site, 'admin', 'admin')).status).toBe(200);
    const entered = await logIn(site, 'admin', password);
    expect(entered).toMatchObject({ status: 303, headers: { location: `https://${domain}/web` } });
    const home = await site.get('/web', { cookie: entered.cookie });
    expect(home.body).toContain(`"db": "${domain}"`);
  }, 400_000);

  test('plain requests are sent on to https, but for the path of an authority', async () => {
    expect(await plain(at.host, domain, '/web?debug=1')).toBe(`301 https://${domain}/web?debug=1`);
    await shell(
      'cd /srv/datastore/data/apache/usr/local/apache2/htdocs && mkdir -p .well-known/acme-challenge && echo token >.well-known/acme-challenge/x',
    );
    expect(await plain(at.host, domain, '/.well-known/acme-challenge/x')).toBe('200');
    const { headers } = await site.get('/web/login', { 'x-forwarded-host': 'evil.example.org' });
    expect(headers['strict-transport-security']).toBe('max-age=63072000');
    expect((await site.get('/web/login', { 'x-forwarded-host': 'evil.example.org' })).body).not.toContain(
      'evil',
    );
  });

  test('a second up, and the same written by hand, change nothing: docker-compose.yml is the same, byte for byte', async () => {
    const before = await containers();
    const text = await shell(`cat ${rendered}`);
    expect(await start('up', name)).toMatchObject({ status: 0, stdout: 'nothing to change\n' });
    await compose(explicit);
    expect(await start('up', name)).toMatchObject({ status: 0, stdout: 'nothing to change\n' });
    expect(await shell(`cat ${rendered}`)).toBe(text);
    expect(await containers()).toBe(before);
  });

  test('a server that a killed hook left is ended before the service starts on the same data', async () => {
    const data = '/var/lib/postgresql/data';
    await shell(`docker stop myc-postgres-1 >/dev/null
      docker run -d --name myc-postgres-hooks --network none -v /srv/datastore/data/postgres${data}:${data} postgres:17`);
    const again = await start('up', name);
    expect(again, again.stderr).toMatchObject({ status: 0 });
    expect(again.stdout).toContain('started postgres');
    expect(await shell('docker ps -aq --filter name=hooks')).toBe('');
    expect((await site.get('/web/login')).status).toBe(200);
  }, 120_000);

  test('an installation that is cut off is begun anew, and then serves', async () => {
    await compose(
      `${explicit}second:\n  charm: odoo\n  relations: {web-proxy: [], postgres-database: postgres}\n`,
    );
    expect(await start('up', name, 'second', '--detach')).toMatchObject({ status: 0 });
    // Not by docker, which would leave it stopped: as a lack of memory would.
    await shell(`for i in $(seq 600); do
        id=$(docker ps -qf label=com.docker.compose.service=second)
        if [ -n "$id" ] && docker logs "$id" 2>&1 | grep -q 'loading base/data/res_partner_data.xml\\|creating or updating database tables'; then
          kill -9 "$(docker inspect -f '{{.State.Pid}}' "$id")" && exit 0
        fi
        sleep 0.1
      done; exit 1`);
    // Docker starts it again at once. Compose takes a container that ends for one that failed, if it looks in that moment.
    const first = await at.operator.myc(['follow', name]);
    if (first.status !== 0)
      expect(first).toMatchObject({ status: 1, stderr: expect.stringContaining('second') as string });
    expect(await start('up', name, 'second')).toMatchObject({ status: 0 });
    const id = await shell('docker ps -qf label=com.docker.compose.service=second');
    expect(await shell(`docker logs ${id} 2>&1 | grep -c 'was cut off: it is begun anew'`)).toBe('1');
    expect(await shell(`docker exec ${id} myc-odoo healthy; echo $?`)).toBe('0');
    const other = `PGPASSWORD=$(cat /srv/datastore/data/postgres/.compose/password/role-second) docker exec -e PGPASSWORD myc-postgres-1 \\
      sh -c 'psql -h "$(hostname -i)" -U second -Atd "$1" -c "select 1" 2>&1' sh`;
    expect(await shell(`${other} second`)).toBe('1');
    expect(await shell(`${other} ${domain} || true`)).toContain('permission denied for database');
    const states = `select count(*) from ir_module_module where state like 'to %'`;
    expect(await shell(`docker exec myc-postgres-1 psql -U postgres -Atd second -c "${states}"`)).toBe('0');
  }, 300_000);

  test('its passwords are in files of root only, in no argument and nothing that is told', async () => {
    const master = await shell(`cat /srv/datastore/data/${domain}/.compose/password/odoo-master`);
    const database = await shell(`cat /srv/datastore/data/postgres/.compose/password/role-${domain}`);
    for (const secret of [password, master, database]) {
      expect(secret).toMatch(/^[0-9a-f]{64}$/);
      // On standard input, or it would find itself.
      const found = `grep -cFf /dev/stdin <(cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '
        docker inspect $(docker ps -q); for c in $(docker ps -q); do docker logs "$c" 2>&1; done)`;
      expect(await shell(`${found} || true`, secret)).toBe('0');
    }
    const conf = `/srv/datastore/config/${domain}/etc/odoo/odoo.conf`;
    expect(await shell(`stat -c %a ${conf}`)).toBe('400');
    expect(await shell(`cd /srv/datastore/data && stat -c %a postgres/.compose/password/* | sort -u`)).toBe(
      '400\n600',
    );
  });
});
