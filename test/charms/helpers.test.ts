import { spawnSync } from 'node:child_process';
import {
  chmodSync,
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
import { beforeEach, describe, expect, it, test } from 'vitest';
import { parseYaml } from '../../charms/engine/yaml.js';

const runHook = fileURLToPath(new URL('../../charms/lib/run-hook.sh', import.meta.url));
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'helpers-'));
  for (const folder of ['bin', 'charm/hooks', 'charm/lib', 'relations/app/web-proxy/web'])
    mkdirSync(join(root, folder), { recursive: true });
  const docker =
    '#!/bin/sh\necho "$*" >>"$ROOT/docker-said"\ncase $1 in create) echo made;; ps) echo c1; echo c2;; run) echo 70;; esac\n';
  writeFileSync(join(root, 'bin/docker'), docker, { mode: 0o755 });
  const options = { text: 'a b', deep: { x: [1] }, 'a.b': 'dotted', no: null, off: false };
  writeFileSync(join(root, 'options.json'), JSON.stringify(options));
  writeFileSync(join(root, 'targets.json'), JSON.stringify({ 'web-proxy': ['web', 'other'] }));
  writeFileSync(join(root, 'images.json'), JSON.stringify({ db: 'postgres:17' }));
  writeFileSync(join(root, 'charm/lib/common'), 'greeting() { echo "from $PWD"; }\n');
  const data = { domain: 'www.example.org', ssl: { certs: { 'challenge-type': 'http' } } };
  writeFileSync(join(root, 'relations/app/web-proxy/web/data.json'), JSON.stringify(data));
});

/** Runs a hook of this text as a relation's, or as init without one. */
function hook(text: string, relation = true): { code: number | null; out: string; err: string } {
  const file = join(root, 'charm/hooks/any');
  writeFileSync(file, `#!/bin/bash\n${text}\n`);
  chmodSync(file, 0o755);
  const own = relation ? { RELATION_DATA_FILE: join(root, 'relations/app/web-proxy/web/data.json') } : {};
  const { status, stdout, stderr } = spawnSync('bash', [runHook, join(root, 'charm'), 'any', 'any.0'], {
    encoding: 'utf8',
    env: {
      ...{ PATH: `${join(root, 'bin')}:${process.env.PATH ?? ''}`, ROOT: root, PROJECT_NAME: 'myc' },
      ...{ SERVICE_NAME: 'web', BASE_SERVICE_NAME: 'app', TARGET_SERVICE_NAME: 'web' },
      ...{ COMPOSE_OPTIONS: join(root, 'options.json'), COMPOSE_IMAGES: join(root, 'images.json') },
      ...{ COMPOSE_TARGETS: join(root, 'targets.json'), SERVICE_DATASTORE: join(root, 'data') },
      ...{ COMPOSE_RELATIONS: join(root, 'relations'), COMPOSE_FRAGMENTS: join(root, 'fragments') },
      ...{ DOCKER_BASE_IMAGE: 'web:1', RELATION_NAME: 'web-proxy', ...own },
    },
  });
  return { code: status, out: stdout, err: stderr };
}

describe('options-get and relation-get', () => {
  it.each([
    ['options-get text', 'a b\n'],
    ['options-get deep', '{"x":[1]}\n'],
    ['options-get a.b', 'dotted\n'],
    ['options-get off', 'false\n'],
    ['relation-get domain', 'www.example.org\n'],
    ['relation-get ssl.certs.challenge-type', 'http\n'],
    ['relation:get app:web-proxy domain', 'www.example.org\n'],
    ['SERVICE_NAME=app; relation:get web:web-proxy domain', 'www.example.org\n'],
  ])('%s', (text, out) => expect(hook(text)).toMatchObject({ code: 0, out }));

  it.each([
    ['options-get no', "service web: the option 'no' is not set in compose.yml"],
    ['relation-get port', "the relation web-proxy of app to web has no 'port'"],
    ['relation:get app:web-proxy port', "no relation web-proxy of app has 'port'"],
    ['relation:get other:web-proxy domain', 'no relation web-proxy of other'],
  ])('%s says what is missing', (text, err) => {
    const said = hook(`${text} || exit 3`);
    expect(said.err).toContain(err);
    expect(said.code).toBe(3);
  });

  it('of a relation are refused in init', () => {
    expect(hook('relation-get domain', false)).toMatchObject({ code: 1 });
    expect(hook('relation-set a b', false).err).toContain('in the hooks of a relation only');
  });
});

test('relation-set is read by the other side, whatever the value holds', () => {
  const value = `a'b"c $d \\e\n{"f": 1}`;
  writeFileSync(join(root, 'value'), value);
  const set = 'relation-set password "$(cat "$ROOT/value")"; relation-set user=odoo; relation-set domain x';
  expect(hook(set)).toMatchObject({ code: 0, err: '' });
  expect(hook('relation-get password').out).toBe(`${value}\n`);
  expect(hook('relation-get user; relation-get domain').out).toBe('odoo\nx\n');
  expect(hook('relation-set alone').code).toBe(1);
});

test('config-add and init-config-add take an argument or standard input, and a second run adds nothing twice', () => {
  const text = `config-add "services:\n  web:\n    labels: {a: \\"1\\"}\n"
init-config-add "
$SERVICE_NAME:
  environment:
    TEXT: |
      two
      lines
"
config-add <<END
volumes: {data: }
END
init-config-add <<<"web: {image: other}"`;
  hook(text);
  expect(hook(text).code).toBe(0);
  const files = readdirSync(join(root, 'fragments')).sort();
  expect(files).toEqual(['000', '001', '002', '003'].map((number) => `web@any.0.${number}.yml`));
  const read = (file: string): unknown =>
    parseYaml(readFileSync(join(root, 'fragments', file), 'utf8'), file).value;
  expect(files.map(read)).toEqual([
    { services: { web: { labels: { a: '1' } } } },
    { services: { web: { environment: { TEXT: 'two\nlines\n' } } } },
    { volumes: { data: null } },
    { services: { web: { image: 'other' } } },
  ]);
});

test('the services of a relation are those of now', () => {
  expect(hook('relation-targets web-proxy; relation-targets none').out).toBe('web\nother\n');
});

test('a password is made once, for its owner only', () => {
  const { out, err } = hook('cat "$(password-file app)"; echo; stat -c %a "$(password-file app)"');
  expect(out).toMatch(/^[0-9a-f]{64}\n600\n$/);
  expect(err).toBe('made the password app of web\n');
  expect(hook('cat "$(password-file app)"')).toMatchObject({ out: out.slice(0, 64), err: '' });
});

test('a hook runs in its charm’s folder and sources what is there', () => {
  expect(hook('. lib/common; greeting').out).toBe(`from ${join(root, 'charm')}\n`);
});

test('the words that end a hook, and those that only say', () => {
  expect(hook('info a; warn b; err c; debug d; DEBUG=1; debug e')).toMatchObject({
    code: 0,
    err: 'a\nwarning: b\nerror: c\ndebug: e\n',
  });
  expect(hook('set -e; error broken; echo on')).toMatchObject({ code: 1, out: '', err: 'error: broken\n' });
  expect(hook('die over')).toMatchObject({ code: 1, err: 'error: over\n' });
});

test('the number of an account is read in the image, which does not run', () => {
  writeFileSync(
    join(root, 'passwd'),
    'root:x:0:0::/root:/bin/sh\ndb.1:x:5:5::/:/bin/sh\ndb:x:999:999::/:/bin/sh\n',
  );
  const docker =
    '#!/bin/sh\necho "$*" >>"$ROOT/docker-said"\ncase $1 in create) echo made;; cp) tar -C "$ROOT" -c passwd;; run) exit 9;; esac\n';
  writeFileSync(join(root, 'bin/docker'), docker, { mode: 0o755 });
  expect(hook('docker_get_uid db db; docker_get_uid web root').out).toBe('999\n0\n');
  const said = readFileSync(join(root, 'docker-said'), 'utf8');
  expect(said).toContain(
    'create --network none --entrypoint id postgres:17\ncp --follow-link made:/etc/passwd -\nrm --volumes made\n',
  );
  // One that the list does not know is asked of the image itself.
  expect(hook('docker_get_uid db other').code).toBe(9);
});

test('the number of an account is read in the layers of an image that lie on the host, through no link', () => {
  const uid = (upper: string, lower: string) => {
    const layers = `${join(root, upper)}:${join(root, lower)}`;
    const docker = `#!/bin/sh\necho "$*" >>"$ROOT/docker-said"\ncase $1 in image) echo "sha256:${'b'.repeat(64)} ${layers}";; create) echo made;; run) echo 70;; esac\n`;
    writeFileSync(join(root, 'bin/docker'), docker, { mode: 0o755 });
    rmSync(join(root, 'uids'), { recursive: true, force: true });
    rmSync(join(root, 'docker-said'), { force: true });
    const { out } = hook('docker_get_uid db db');
    return [out, readFileSync(join(root, 'docker-said'), 'utf8').includes('create ')];
  };
  const layer = (name: string, ...lines: string[]) => {
    mkdirSync(join(root, name, 'etc'), { recursive: true });
    if (lines.length > 0) writeFileSync(join(root, name, 'etc/passwd'), lines.join('\n'));
  };
  layer('upper');
  layer('lower', 'root:x:0:0::/:/bin/sh', 'db:x:999:999::/:/bin/sh');
  layer('newer', 'db:x:998:998::/:/bin/sh');
  layer('linked');
  symlinkSync(join(root, 'lower/etc/passwd'), join(root, 'linked/etc/passwd'));
  mkdirSync(join(root, 'away'));
  symlinkSync(join(root, 'lower/etc'), join(root, 'away/etc'));
  expect(uid('upper', 'lower')).toEqual(['999\n', false]);
  expect(uid('newer', 'lower')).toEqual(['998\n', false]);
  expect(uid('none', 'lower')).toEqual(['999\n', false]);
  expect(uid('linked', 'lower')).toEqual(['70\n', true]);
  expect(uid('away', 'lower')).toEqual(['70\n', true]);
});

test('what is asked of docker', () => {
  expect(hook('docker_get_uid web www; docker_get_uid db postgres').out).toBe('70\n70\n');
  // Of an image that docker knows by its digest it is asked once.
  const said = () => readFileSync(join(root, 'docker-said'), 'utf8').match(/^run .*$/gm)?.length;
  writeFileSync(
    join(root, 'bin/docker'),
    readFileSync(join(root, 'bin/docker'), 'utf8').replace(
      'run)',
      `image) echo sha256:${'a'.repeat(64)};; run)`,
    ),
  );
  for (let asked = 0; asked < 3; asked += 1) expect(hook('docker_get_uid db postgres').out).toBe('70\n');
  expect(said()).toBe(3);
  expect(hook('docker_get_uid db other').out).toBe('70\n');
  expect(said()).toBe(4);
  expect(hook('docker_get_uid none x').err).toContain('service none has no image');
  expect(hook('get_running_containers_for_service web').out).toBe('c1\nc2\n');
  expect(hook('docker_image_export_dir web:1 /etc/web "$ROOT/etc"').code).toBe(0);
  const all = readFileSync(join(root, 'docker-said'), 'utf8');
  expect(all).toContain('run --rm --network none --entrypoint id postgres:17 -u postgres');
  expect(all).toContain('label=com.docker.compose.service=web');
  expect(all).toContain(`create web:1 true\ncp made:/etc/web ${root}/etc\nrm -f made\n`);
  expect(existsSync(join(root, 'etc'))).toBe(false);
  mkdirSync(join(root, 'data'));
  symlinkSync('/etc', join(root, 'data/etc'));
  expect(hook('docker_image_export_dir web:1 /etc/web "$SERVICE_DATASTORE/etc/web"').err).toContain(
    'is a link to /etc',
  );
});
