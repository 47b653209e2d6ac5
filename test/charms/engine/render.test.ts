import { describe, expect, it, test } from 'vitest';
import type { Charm } from '../../../charms/engine/charm.js';
import { parseComposeFile } from '../../../charms/engine/compose-file.js';
import { parseMetadata } from '../../../charms/engine/metadata.js';
import { YamlError } from '../../../charms/engine/problem.js';
import { addFragments } from '../../../charms/engine/fragments.js';
import type { Plan } from '../../../charms/engine/render.js';
import { writeDockerCompose } from '../../../charms/engine/write.js';
import { parseCharmName } from '../../../workflows/contract/names.js';
import { planWith } from './house.js';

function charm(name: string, metadata: string, extra: Partial<Charm> = {}): Charm {
  return {
    name: parseCharmName(name),
    repository: 'house',
    metadata: parseMetadata(metadata, `${name}/metadata.yml`),
    hooks: [],
    ...extra,
  };
}
const charms = [
  charm(
    'web',
    'docker-image: httpd:2.4\nprovides: {y: }\ndata-resources: [/var/www]\nconfig-resources: [/etc/site]\ndefault-options: {port: 80}\n' +
      'docker-compose:\n  command: [httpd, -D]\n  environment: {A: "1"}\n',
    { hooks: ['init'] },
  ),
  charm('db', 'docker-image: postgres:17\noptions: {size: how large}\nprovides: {database: }\n'),
  charm('tool', 'description: built\nprovides: {x: }\n', { buildDigest: 'abcdef0123456789ff' }),
  charm('files', 'docker-image: httpd:2.4\ncharm-resources: [/bin/check]\n', {
    resourcesDigest: '0123456789abcdefff',
  }),
];
const planOf = (text: string): Plan => planWith(charms, text);
function problem(text: string): { line: number; column: number; message: string; next: string } {
  try {
    planOf(text);
  } catch (error) {
    if (error instanceof YamlError && error.problems[0] !== undefined) return error.problems[0];
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('plan', () => {
  it('mounts data and configuration apart under the datastore', () => {
    expect(planOf('web:\n').dockerCompose.services.web?.volumes).toEqual([
      '/srv/datastore/data/web/var/www:/var/www:rw',
      '/srv/datastore/config/web/etc/site:/etc/site:ro',
    ]);
  });

  it('mounts configuration read-only unless the charm says that its container writes to it', () => {
    const wrote = charm(
      'wrote',
      'docker-image: a\nconfig-resources: [/etc/a, /etc/b/c]\nwritable-config-resources: [/etc/b]\n',
    );
    expect(planWith([...charms, wrote], 'wrote:\n').dockerCompose.services.wrote?.volumes).toEqual([
      '/srv/datastore/config/wrote/etc/a:/etc/a:ro',
      '/srv/datastore/config/wrote/etc/b:/etc/b:rw',
    ]);
  });

  it('mounts no path on which a container could leave a link', () => {
    const nested = charm('nested', 'docker-image: a\ndata-resources: [/var/a/b, /var/a, /var/ab]\n');
    expect(planWith([...charms, nested], 'nested:\n').dockerCompose.services.nested?.volumes).toEqual([
      '/srv/datastore/data/nested/var/a:/var/a:rw',
      '/srv/datastore/data/nested/var/ab:/var/ab:rw',
    ]);
  });

  it.each(['/', '/.compose', '/.compose/password'])('mounts no passwords: %s', (path) => {
    for (const key of ['data-resources', 'config-resources', 'writable-config-resources'])
      expect(() => parseMetadata(`${key}: [${path}]\n`, 'metadata.yml')).toThrow(
        /passwords under \/\.compose/,
      );
  });

  it('merges mappings, appends lists and appends to the command', () => {
    const { services } = planOf(
      'web:\n  docker-compose:\n    command: [-X]\n    environment: {B: "2"}\n',
    ).dockerCompose;
    expect(services.web).toMatchObject({ command: ['httpd', '-D', '-X'], environment: { A: '1', B: '2' } });
  });

  it('merges environment and labels whether one is a list and the other a mapping', () => {
    const listed = charm(
      'listed',
      'docker-image: a\ndocker-compose:\n  environment: [A=1, B]\n  labels: [x=1]\n  depends_on: [web]\n',
    );
    const body = (text: string): unknown => planWith([...charms, listed], text).dockerCompose.services;
    expect(body('web: {docker-compose: {environment: [A=2, C=3=4]}}\n')).toMatchObject({
      web: { environment: { A: '2', C: '3=4' } },
    });
    expect(body('listed: {docker-compose: {environment: {A: "2"}}}\n')).toMatchObject({
      listed: {
        environment: { A: '2', B: null },
        labels: { 'myc.charm': 'listed', 'myc.service': 'listed', x: '1' },
      },
    });
    const { dockerCompose } = addFragments(
      { services: { web: { depends_on: ['db'], networks: ['inner'] } } },
      [
        {
          service: 'web',
          hook: 'init',
          content: {
            services: {
              web: {
                depends_on: { pg: { condition: 'service_healthy' } },
                networks: { outer: { aliases: ['w'] } },
              },
            },
          },
        },
      ],
    );
    expect(dockerCompose.services).toEqual({
      web: {
        depends_on: { db: { condition: 'service_started' }, pg: { condition: 'service_healthy' } },
        networks: { inner: null, outer: { aliases: ['w'] } },
      },
    });
  });

  it('takes a domain as a service name when it names its charm', () => {
    expect(
      planOf('www.example.org:\n  charm: web\n').services.map(({ name, charm: of }) => [name, of]),
    ).toEqual([['www.example.org', 'web']]);
    expect(problem('www.example.org:\n').line).toBe(1);
  });

  it('says what to pull and what to build', () => {
    expect(planOf('web:\ndb:\ntool:\n').images).toEqual({
      pull: ['httpd:2.4', 'postgres:17'],
      build: [
        { image: 'myc/tool:abcdef0123456789', context: '/srv/charm-store/house/tool/build', charm: 'tool' },
      ],
    });
  });

  it('tells a hook of the image that runs, also when compose.yml names another', () => {
    const [hook] = planOf('web:\n  docker-compose: {image: "httpd:2.5"}\n').hooks;
    expect(hook?.environment.DOCKER_BASE_IMAGE).toBe('httpd:2.5');
  });

  it("labels a service with its charm's files, so that a change of them reaches its container", () => {
    expect(planOf('files:\n').dockerCompose.services.files).toMatchObject({
      labels: { 'myc.resources': '0123456789abcdef' },
      volumes: ['/srv/charm-store/house/files/resources/bin/check:/bin/check:ro'],
    });
    expect(planOf('web:\n').dockerCompose.services.web?.labels).not.toHaveProperty(['myc.resources']);
  });

  it('runs the init hook with the environment charms know', () => {
    const [hook] = planOf('site:\n  charm: web\n').hooks;
    expect(hook).toMatchObject({ service: 'site', hook: 'init', directory: '/srv/charm-store/house/web' });
    expect(hook?.environment).toMatchObject({
      SERVICE_NAME: 'site',
      SERVICE_DATASTORE: '/srv/datastore/data/site',
      SERVICE_CONFIGSTORE: '/srv/datastore/config/site',
    });
  });

  it('puts providers before those who use them and says whose options win', () => {
    const { services } = planOf('web:\n  options: {port: 81}\n  relations: {database: db}\ndb:\n');
    expect(services.map(({ name }) => name)).toEqual(['db', 'web']);
    expect(services[1]?.options).toEqual({ port: 81 });
  });
});

describe('a compose.yml that cannot be right', () => {
  it.each([
    ['db:\nweb2:\n', 2, 1, 'charm "web2"', 'web'],
    ['db:\n  charm: dbb\n', 2, 3, 'charm "dbb"', 'db'],
    ['web:\n  relations:\n    x: {bd: {}}\ndb:\n', 3, 9, '"bd", which is no service', 'tool'],
    ['db:\n  options: {sise: 1}\n', 2, 13, 'no option "sise"', 'size'],
    ['db:\n  chram: db\n', 2, 3, 'unknown key "chram"', 'charm, options'],
    ["version: '3'\nservices:\n  web: {image: nginx}\n", 2, 1, 'this is a docker-compose.yml', 'at the top'],
    ['db:\n  options: [a]\n', 2, 3, 'must be a', ''],
    ['db:\n  charm: "../db"\n', 2, 3, 'db.charm', 'not a charm name'],
    ['"db; rm":\n  charm: db\n', 1, 1, 'not a service name', 'rename'],
    ['web: {relations: {x: tool}}\ntool: {relations: {y: web}}\n', 1, 7, 'web -> tool -> web', 'remove one'],
    ['- a\n', 1, 1, 'must be a', ''],
  ])('%j names line, column, fault and remedy', (text, line, column, message, next) => {
    const found = problem(text);
    expect(found).toMatchObject({ line, column });
    expect(found.message).toContain(message);
    expect(found.next).toContain(next);
  });
});

test('what is added and wrong is shown where it stands, also for a key that is missing there', () => {
  const added = { text: 'web:\n  options: {port: 81}\nwbe:\n  options: {}\n', file: 'added.yml' };
  const { problem } = parseComposeFile('web:\n  charm: web\n  options: {port: 80}\n', 'compose.yml', added);
  const at = (...path: string[]): string => {
    const { file, line } = problem(path, '', '');
    return `${file}:${line}`;
  };
  expect(at('wbe', 'charm')).toBe('added.yml:3');
  expect(at('web', 'options', 'port')).toBe('added.yml:2');
  expect(at('web', 'charm')).toBe('compose.yml:2');
  expect(at('web', 'relations')).toBe('compose.yml:1');
});

describe('fragments of hooks', () => {
  it('merge into docker-compose.yml, and one that is no mapping names its hook', () => {
    const { dockerCompose } = planOf('db:\n');
    const good = { service: 'db', hook: 'init', content: { services: { db: { environment: { P: '1' } } } } };
    expect(addFragments(dockerCompose, [good]).dockerCompose).toMatchObject({
      services: { db: { image: 'postgres:17', environment: { P: '1' } } },
    });
    expect(addFragments(dockerCompose, [{ ...good, content: 'oops' }]).problems).toEqual([
      'hook init of service db: config-add got no mapping of services',
    ]);
  });

  it('are written so that text which looks like a switch stays text', () => {
    expect(writeDockerCompose({ a: 'yes', b: true, c: '22:22', d: '$$x' })).toBe(
      'a: "yes"\nb: true\nc: "22:22"\nd: $$x\n',
    );
  });
});
