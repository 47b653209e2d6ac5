import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:tls';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type Lab, type LabHost, openLab } from '../lab/lab.js';
import { run } from '../lab/run.js';
import { plain, siteOf } from './odoo.js';
import { type Operator, openOperator } from './operator.js';

const name = 'vps76.lab';
let lab: Lab;
let host: LabHost;
let operator: Operator;
let folder: string;

/** Answers each request with what it was told in its head; one that asks for a websocket gets its bytes back. */
const talk = `use IO::Socket::INET;
$SIG{CHLD} = 'IGNORE';
my $server = IO::Socket::INET->new(LocalPort => 8069, Listen => 9, ReuseAddr => 1) or die;
while (my $one = $server->accept) {
  if (fork) { close $one; next }
  my $head = '';
  while (my $line = <$one>) { $head .= $line; last if $line =~ /^\\r?$/ }
  if ($head =~ /upgrade: websocket/i) {
    print $one "HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n";
    while (sysread $one, my $part, 100) { syswrite $one, $part }
  }
  print $one "HTTP/1.1 200 OK\\r\\nContent-Length: " . length($head) . "\\r\\n\\r\\n$head";
  exit;
}
`;
const page = {
  'metadata.yml': `docker-image: debian:trixie-slim
charm-resources: [/talk.pl]
docker-compose: {command: [perl, /talk.pl], init: yes, stop_grace_period: 1s}
uses:
  web-proxy: {constraint: recommended, auto: pair, default-options: {target: !var-expand '\${MASTER_BASE_SERVICE_NAME}:8069'}}
`,
  'resources/talk.pl': talk,
};

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sites-'));
  for (const [file, text] of Object.entries(page)) {
    await mkdir(path.dirname(path.join(folder, 'charms/page', file)), { recursive: true });
    await writeFile(path.join(folder, 'charms/page', file), text);
  }
  const made = ['-keyout', path.join(folder, 'key'), '-out', path.join(folder, 'cert'), '-days', '2'];
  const subject = [
    '-subj',
    '/CN=own',
    '-addext',
    'subjectAltName=DNS:own.example.org,DNS:www.own.example.org',
  ];
  await run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...made, ...subject]);
  lab = await openLab({ hosts: 1 });
  host = await lab.fresh(name);
  operator = await openOperator(lab, {
    configure: (config) => ({
      ...config,
      'charm-repositories': [{ name: 'house', path: path.join(folder, 'charms') }],
    }),
  });
  await operator.up();
  await operator.done('start', 'deploy', name);
}, 600_000);
afterAll(async () => {
  await operator.close();
  await lab.destroy(name);
  await rm(folder, { recursive: true });
});

const up = () => operator.myc(['start', 'up', name]);
const shell = (command: string) => host.exec(['bash', '-c', command]);
const pem = (what: 'cert' | 'key') => readFileSync(path.join(folder, what), 'utf8');
const services = {
  letsencrypt: null,
  apache: { options: { 'ssl-port': 8443 } },
  'made.example.org': { charm: 'page' },
  own: {
    charm: 'page',
    relations: {
      'web-proxy': {
        apache: {
          domain: ['own.example.org', 'www.own.example.org'],
          ssl: { cert: pemLater('cert'), key: pemLater('key') },
          'apache-custom-rules': ['Header set X-Rule one', 'Header set X-Other two'],
        },
      },
    },
  },
  open: {
    charm: 'page',
    relations: {
      'web-proxy': {
        apache: { domain: 'open.example.org', ssl: false, 'apache-custom-rules': 'Header set X-Rule open\n' },
      },
    },
  },
};
const write = (given: object = services) =>
  host.exec(['tee', '/opt/apps/myc-deploy/compose.yml'], {
    input: stringify(given, (_key, value: unknown) =>
      value === 'pem cert' ? pem('cert') : value === 'pem key' ? pem('key') : value,
    ),
  });

/** Made in beforeAll, after this table. */
function pemLater(what: 'cert' | 'key'): string {
  return `pem ${what}`;
}

test('each service has its site: a certificate of the host, one of compose.yml, or none', async () => {
  await write();
  const first = await up();
  expect(first, first.stderr).toMatchObject({ status: 0 });
  const ca = await shell(
    'cat /srv/datastore/data/letsencrypt/etc/letsencrypt/live/made.example.org/fullchain.pem',
  );
  const made = await siteOf(host, 'made.example.org', ca, 8443).get('/a%20b?c=1', {
    'x-forwarded-host': 'evil',
  });
  expect(made.body).toContain('GET /a%20b?c=1 HTTP/1.1\r\nHost: made.example.org\r\n');
  expect(made.body).toContain('X-Forwarded-Proto: https\r\n');
  expect(made.body).toContain('X-Forwarded-Host: made.example.org\r\n');
  expect(made.body).not.toContain('evil');
  for (const domain of ['own.example.org', 'www.own.example.org']) {
    const own = await siteOf(host, domain, pem('cert'), 8443).get('/');
    expect(own.headers).toMatchObject({ 'x-rule': 'one', 'x-other': 'two' });
    expect(await plain(host, domain, '/x')).toBe(`301 https://${domain}:8443/x`);
  }
  expect(await plain(host, 'open.example.org', '/')).toBe('200');
  // Nobody's name gets nobody's site.
  expect(await plain(host, 'unknown.example.org', '/')).toBe('200');
  expect((await shell('docker logs myc-apache-1 2>&1 | tail -n 1')).startsWith('localhost ')).toBe(true);
}, 300_000);

test('a websocket passes', async () => {
  const { address } = host;
  const socket = connect({ host: address, port: 8443, servername: 'own.example.org', ca: pem('cert') });
  let said = '';
  socket.setEncoding('latin1').on('data', (text: string) => (said += text));
  socket.write(
    'GET /ws HTTP/1.1\r\nHost: own.example.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
  );
  await expect.poll(() => said).toContain('101 Switching Protocols');
  socket.write('there and back');
  await expect.poll(() => said).toContain('there and back');
  socket.destroy();
});

test('TLS is as Mozilla advises: nothing before 1.2, and the key of compose.yml is for root only', async () => {
  const tls = (version: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') =>
    new Promise<string>((resolve) => {
      const to = { host: host.address, port: 8443, servername: 'own.example.org', ca: pem('cert') };
      const socket = connect(
        { ...to, minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' },
        () => {
          resolve(socket.getProtocol() ?? '');
          socket.destroy();
        },
      );
      socket.on('error', () => resolve('refused'));
    });
  expect([await tls('TLSv1.1'), await tls('TLSv1.2'), await tls('TLSv1.3')]).toEqual([
    'refused',
    'TLSv1.2',
    'TLSv1.3',
  ]);
  expect(await shell('stat -c %a /srv/datastore/config/apache/etc/ssl/sites/own/*')).toBe('600\n600');
});

test.each([
  [
    'a rule that Apache does not know',
    { 'apache-custom-rules': 'RewriteEngin On' },
    "Invalid command 'RewriteEngin'",
  ],
  ['a target that is none', { target: 'open:8069/; x' }, "the option 'target' is not right"],
  ['a domain that is none', { domain: 'a b' }, "the option 'domain' is not right"],
  [
    'a provider that is none',
    { ssl: 'lets' },
    "ssl names 'lets', to which apache has no relation cert-provider; it has: letsencrypt",
  ],
  ['a key of another certificate', { ssl: { cert: 'pem cert', key: 'pem other' } }, 'key is no private key'],
])('%s fails by name, and the sites that stand go on', async (_what, options, says) => {
  const open = {
    charm: 'page',
    relations: { 'web-proxy': { apache: { domain: 'open.example.org', ssl: false, ...options } } },
  };
  await write({ ...services, open });
  const failed = await up();
  expect(failed).toMatchObject({ status: 1 });
  expect(failed.stderr).toContain('the relation web-proxy of open to apache: ');
  expect(failed.stderr).toContain(says);
  expect(await plain(host, 'open.example.org', '/')).toBe('200');
});

test('a service without a domain, and a site that is gone', async () => {
  await write({ ...services, open: { charm: 'page' } });
  expect((await up()).stderr).toContain(
    'it has no domain; write relations: {web-proxy: {apache: {domain: www.example.org}}}',
  );
  await write(Object.fromEntries(Object.entries(services).filter(([service]) => service !== 'own')));
  expect((await up()).stdout).toContain('recreated apache');
  const ended = siteOf(host, 'own.example.org', pem('cert'), 8443).get('/');
  await expect(ended).rejects.toThrow();
  expect(await plain(host, 'open.example.org', '/')).toBe('200');
});
