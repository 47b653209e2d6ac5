import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseComposeFile } from '../../charms/engine/compose-file.js';
import { addFragments } from '../../charms/engine/fragments.js';
import { loadCharms } from '../../charms/engine/loader.js';
import { metadataKeys, parseMetadata } from '../../charms/engine/metadata.js';
import { type Plan, plan } from '../../charms/engine/render.js';
import { parseYaml } from '../../charms/engine/yaml.js';
import { readmeExample } from './readme-example.js';

const folder = fileURLToPath(new URL('../../charms', import.meta.url));
const charms = loadCharms(folder, 'myc');
const planOf = (text: string): Plan =>
  plan({
    composeFile: parseComposeFile(text, 'compose.yml'),
    charms,
    project: 'myc',
    datastore: '/srv/datastore',
  });
const key = `ssh-ed25519 ${'A'.repeat(68)} me@laptop`;

/** Runs a charm's init hook as a host does, with a `docker` that answers uids, in a folder of its own. */
function runInit(
  charm: string,
  options: unknown,
  joined?: { hook: string; base: string; data: unknown; environment?: Record<string, string> },
): { code: number | null; stderr: string; root: string; fragments: unknown[] } {
  const root = mkdtempSync(join(tmpdir(), 'hook-'));
  const fragments = join(root, 'fragments');
  mkdirSync(join(root, 'bin'));
  writeFileSync(join(root, 'bin/docker'), `#!/bin/sh\nid -u\n`, { mode: 0o755 });
  writeFileSync(join(root, 'options.json'), JSON.stringify(options));
  writeFileSync(join(root, 'data.json'), JSON.stringify(joined?.data ?? {}));
  mkdirSync(join(root, 'cron.d'));
  const relation =
    joined === undefined
      ? {}
      : {
          BASE_SERVICE_NAME: joined.base,
          RELATION_DATA_FILE: join(root, 'data.json'),
          ...joined.environment,
        };
  const run = () =>
    spawnSync('bash', [join(folder, 'lib/run-hook.sh'), join(folder, charm), joined?.hook ?? 'init'], {
      encoding: 'utf8',
      env: {
        PATH: `${join(root, 'bin')}:${process.env.PATH ?? ''}`,
        SERVICE_NAME: charm,
        PROJECT_NAME: 'myc',
        COMPOSE_OPTIONS: join(root, 'options.json'),
        COMPOSE_FRAGMENTS: fragments,
        SERVICE_DATASTORE: join(root, 'data'),
        SERVICE_CONFIGSTORE: join(root, 'config'),
        DOCKER_BASE_IMAGE: 'any',
        MIRROR_DIR_CONFIG: join(root, 'mirror-dir/config.yml'),
        CRON_FOLDER: join(root, 'cron.d'),
        CHARM_PATH: `/srv/charm-store/myc/${charm}`,
        MYC_ACTIONS: join(root, 'actions'),
        ...relation,
      },
    });
  const { status, stderr } = run();
  // A second run leaves what the first left.
  if (status === 0) expect(run().status).toBe(0);
  const files = existsSync(fragments) ? readdirSync(fragments).sort() : [];
  const contents = files.map((file) => parseYaml(readFileSync(join(fragments, file), 'utf8'), file).value);
  return { code: status, stderr, root, fragments: contents };
}

describe('the reference of metadata.yml', () => {
  it('is a right metadata.yml and has every key the schema has', () => {
    const text = readFileSync(join(folder, 'metadata.reference.yml'), 'utf8');
    const keys = Object.keys(parseMetadata(text, 'metadata.reference.yml')).sort();
    expect(keys).toEqual([...metadataKeys].sort());
    expect(() => parseMetadata('docker-imgae: x\n', 'metadata.yml')).toThrow(
      /metadata\.yml:1:1: unknown key/,
    );
  });
});

describe('the charms of this repository', () => {
  it('are these, and each has a README and either an image, a build or no container', () => {
    expect(charms.map(({ name }) => name)).toEqual([
      'apache',
      'cron',
      'letsencrypt',
      'logrotate',
      'mongo',
      'mysql',
      'odoo',
      'postgres',
      'redis',
      'rocketchat',
      'rsync-backup',
      'rsync-backup-target',
      'smtp-stub',
    ]);
    for (const { name, metadata, buildDigest } of charms) {
      expect(readFileSync(join(folder, name, 'README.md'), 'utf8')).toContain(`# ${name}\n`);
      expect([
        metadata['docker-image'] !== undefined,
        buildDigest !== undefined,
        metadata.type === 'stub',
      ]).toContain(true);
    }
  });

  it.each(charms.map(({ name }) => name))('%s renders as its README shows it', (name) => {
    const { services, warnings } = planOf(readmeExample(name));
    expect(services.filter(({ summoned }) => !summoned).map(({ charm }) => charm)).toEqual([name]);
    expect(warnings).toEqual([]);
  });

  it('have shell without a fault', () => {
    const files = execFileSync('find', [folder, '-type', 'f', '-perm', '/100'], { encoding: 'utf8' });
    const isShell = (file: string) => /^#!.*\b(ba)?sh\b/.test(readFileSync(file, 'utf8').slice(0, 64));
    const shell = files.split('\n').filter((file) => file !== '' && isShell(file));
    expect(shell.length).toBeGreaterThanOrEqual(8);
    const checked = spawnSync('shellcheck', ['-x', ...shell, join(folder, 'lib/helpers.sh')], {
      encoding: 'utf8',
    });
    expect(checked.stdout).toBe('');
    expect(checked.status).toBe(0);
  });
});

describe('init hooks', () => {
  it('postgres makes its password once, as a file only', () => {
    const { code, root, fragments } = runInit('postgres', {});
    expect(code).toBe(0);
    const password = readFileSync(join(root, 'data/.compose/password/postgres-root'), 'utf8');
    expect(password).toMatch(/^[0-9a-f]{64}$/);
    expect(JSON.stringify(fragments)).not.toContain(password);
    const merged = addFragments(planOf('postgres:\n').dockerCompose, [
      { service: 'postgres', hook: 'init', content: fragments[0] },
    ]);
    expect(merged.dockerCompose).toMatchObject({
      services: { postgres: { environment: { POSTGRES_PASSWORD_FILE: '/run/secrets/postgres-root' } } },
    });
  });

  it('apache publishes the port asked for, and refuses what is none', () => {
    expect(runInit('apache', { port: 8080, 'ssl-port': 443 }).fragments).toEqual([
      { services: { apache: { ports: ['8080:80'] } } },
    ]);
    for (const port of ['80; rm -rf /', 0, 65536, '$(id)']) {
      for (const options of [
        { port, 'ssl-port': 443 },
        { port: 80, 'ssl-port': port },
      ]) {
        const { code, stderr } = runInit('apache', options);
        expect(code).toBe(1);
        expect(stderr).toContain('write a number from 1 to 65535');
      }
    }
  });

  it('cron writes its jobs, and refuses a command of two lines', () => {
    const { root } = runInit('cron', { jobs: { tick: { schedule: '*/5 * * * *', command: 'date +%s' } } });
    expect(readFileSync(join(root, 'config/etc/cron.d/myc-tick'), 'utf8')).toBe(
      '*/5 * * * * root date +\\%s\n',
    );
    const bad = { tick: { schedule: '* * * * *', command: 'a\n* * * * * root b' } };
    expect(runInit('cron', { jobs: bad })).toMatchObject({ code: 1 });
  });

  it('rsync-backup-target writes the admins and refuses a name or a key that is none', () => {
    const { root, fragments } = runInit('rsync-backup-target', { port: 10023, admin: { myadmin: [key] } });
    const written: unknown = JSON.parse(
      readFileSync(join(root, 'config/etc/rsync-backup-target/admins.json'), 'utf8'),
    );
    expect(written).toEqual({ myadmin: [key] });
    expect(fragments).toMatchObject([{ services: { 'rsync-backup-target': { ports: ['10023:22'] } } }]);
    for (const admin of [
      { '../x': [key] },
      { a: [`command="sh" ${key}`] },
      { a: [`${key}\n${key}`] },
      { a: key },
    ])
      expect(runInit('rsync-backup-target', { port: 10023, admin }).code).toBe(1);
  });

  it('rsync-backup writes what is mirrored, and refuses a path with ..', () => {
    const { root } = runInit('rsync-backup', { mirror: { '/srv/datastore': { exclude: ['/tmp/'] } } });
    expect(JSON.parse(readFileSync(join(root, 'mirror-dir/config.yml'), 'utf8'))).toEqual({
      '/srv/datastore': { exclude: ['/tmp/'] },
    });
    expect(runInit('rsync-backup', { mirror: { '/srv/../etc': {} } }).code).toBe(1);
  });
});

describe.skipIf(process.getuid?.() !== 0)('what cron runs (as root, in /run)', () => {
  it('adds its words to a log, and to nothing that a link there leads to', () => {
    const data = { command: '(0 3 * * *) compose renew www.site.org' };
    const { root } = runInit(
      'cron',
      {},
      { hook: 'schedule_command-relation-joined', base: 'www.site.org', data },
    );
    const [line = ''] = readdirSync(join(root, 'cron.d')).flatMap((file) =>
      readFileSync(join(root, 'cron.d', file), 'utf8')
        .split('\n')
        .slice(2, -1),
    );
    const words = line.split(' ').slice(-3);
    writeFileSync(join(root, 'bin/docker'), '#!/bin/sh\necho running\n', { mode: 0o755 });
    writeFileSync(join(root, 'bin/compose'), '#!/bin/sh\necho "renewed $*"\n', { mode: 0o755 });
    const run = () =>
      spawnSync(join(folder, 'cron/lib/scheduled'), words, {
        encoding: 'utf8',
        env: { PATH: `${join(root, 'bin')}:${process.env.PATH ?? ''}` },
      });
    const log = join(root, 'data/var/log/cron/www.site.org-renew_script.log');
    expect(run()).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(readFileSync(log, 'utf8')).toContain('\nrenewed renew www.site.org\n');
    rmSync(log);
    writeFileSync(join(root, 'canary'), 'as it was');
    symlinkSync(join(root, 'canary'), log);
    const refused = run();
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(`${log} is a link to`);
    expect(readFileSync(join(root, 'canary'), 'utf8')).toBe('as it was');
  });
});

describe('the logs of another service', () => {
  const rotated = (paths: unknown, resources: string) =>
    runInit(
      'logrotate',
      {},
      {
        ...{ hook: 'log_rotate-relation-joined', base: 'app', data: { paths } },
        environment: { BASE_DATA_RESOURCES: resources },
      },
    );

  it.each([
    ['a log folder that is a data resource', ['/var/log/app/*.log'], '/var/log/app', ['/var/log/app']],
    // What is below a data resource can be exchanged by its container for a link.
    ['one below a data resource', ['/srv/app/logs/x.log', '/srv/app/y*'], '/srv\n/etc', ['/srv']],
    ['one in none', ['/var/log/*/x.log'], '/var/logs', ['/var/log']],
  ])('are reached by a mount of %s, and nothing else', (_what, paths, resources, mounted) => {
    const { code, root, fragments } = rotated(paths, resources);
    expect(code).toBe(0);
    expect(fragments).toEqual(
      mounted.map((path) => ({
        services: { logrotate: { volumes: [`${root}/app${path}:/logs/app${path}:rw`] } },
      })),
    );
    const file = join(root, 'config/etc/logrotate.d/app');
    expect(readFileSync(file, 'utf8')).toContain(paths.map((path) => `"/logs/app${path}"`).join('\n'));
  });

  it.each([
    '/.compose/password/*',
    '/x.log',
    '/*/x.log',
    '//.compose/x',
    '/./.compose/x',
    '/a/../.compose/x',
  ])('are not the passwords: %s', (path) => {
    const { code, stderr, fragments } = rotated([path], '/var/log');
    expect([code, fragments]).toEqual([1, []]);
    expect(stderr).toContain("the option 'paths' is not right");
  });
});

describe('what cron is told by other charms', () => {
  const scheduled = (command: unknown) =>
    runInit(
      'cron',
      {},
      { hook: 'schedule_command-relation-joined', base: 'www.site.org', data: { command } },
    );

  it("is a line of the host's cron for each, and words that no shell reads", () => {
    const { code, root, fragments } = scheduled([
      '(35 3 * * 7) {-D -p 10} compose renew_crt "www.site.org"',
      "(*/5 0-4,6 1 1-12/2 *) compose --debug report 'www.site.org' --to=a@b.org 100%",
    ]);
    expect(code).toBe(0);
    const [file = '', ...others] = readdirSync(join(root, 'cron.d'));
    expect(others).toEqual([]);
    // Cron passes over a name with a dot.
    expect(file).toMatch(/^myc-schedule-[0-9a-f]{16}$/);
    const lines = readFileSync(join(root, 'cron.d', file), 'utf8')
      .split('\n')
      .slice(2, -1);
    const json = join(root, 'config/schedules/www.site.org.json');
    expect(lines).toEqual([
      expect.stringMatching(
        new RegExp(`^35 3 \\* \\* 7 root /srv/charm-store/myc/cron/lib/scheduled ${json} [0-9a-f]{16} 0$`),
      ),
      expect.stringMatching(/^\*\/5 0-4,6 1 1-12\/2 \* root .* 1$/),
    ]);
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({
      entries: [
        { drop: true, priority: 10, words: ['renew_crt', 'www.site.org'] },
        { drop: false, priority: 0, words: ['report', 'www.site.org', '--to=a@b.org', '100%'] },
      ],
    });
    expect(fragments).toMatchObject([{ services: { cron: { labels: {} } } }]);
    expect(JSON.stringify(fragments)).toContain('myc.schedule.www.site.org');
  });

  it.each([
    ['(35 3 * *) compose a b', 'five fields'],
    ['(60 3 * * 7) compose a b', "'60' cannot stand in field 1"],
    ['(0 3 0 * 7) compose a b', "'0' cannot stand in field 3"],
    ['(0 9-3 * * 7) compose a b', "'9-3' cannot stand in field 2"],
    ['(@reboot) compose a b', 'five fields'],
    ['(* * * * *) {-K} compose a b', '-D and -p are known'],
    ['(* * * * *) {-p 99} compose a b', '0 to 19'],
    ['(* * * * *) rm -rf /', 'another form'],
    ['(* * * * *) compose a b; id', 'a word holds'],
    ['(* * * * *) compose a "$(id)"', 'a word holds'],
    ['(* * * * *) compose a b >/etc/passwd', 'a word holds'],
    ['(* * * * *) compose ../a b', 'no action and service'],
    ['(* * * * *) compose a', 'no action and service'],
    ['(* * * * *) compose down app', 'operator'],
    ['(* * * * *) compose a b\n* * * * * root id', 'another form'],
    ['', 'empty'],
    [[], 'empty'],
  ])('is refused when it is %j', (command, why) => {
    const { code, stderr, root, fragments } = scheduled(command);
    expect(code).toBe(1);
    expect(stderr).toContain('the relation schedule-command of www.site.org to cron');
    expect(stderr).toContain(why);
    expect(readdirSync(join(root, 'cron.d'))).toEqual([]);
    expect(fragments).toEqual([]);
  });
});
