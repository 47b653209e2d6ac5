import { describe, expect, it, test } from 'vitest';
import type { Plan } from '../../../charms/engine/render.js';
import { writeDockerCompose } from '../../../charms/engine/write.js';
import { charm, planWith, problemsOf } from './house.js';

const charms = [
  charm(
    'app',
    'docker-image: app:1\nuses:\n' +
      '  database: {constraint: required, auto: summon, default-options: {extensions: [trgm]}}\n' +
      '  web-proxy: {constraint: recommended, solves: {proxy: public access}, default-options: {target: !var-expand "${MASTER_BASE_SERVICE_NAME}:80"}}\n' +
      '  backup:\n',
    ['init', 'database-relation-joined', 'web_proxy-relation-joined', 'pre_deploy', 'post_deploy'],
  ),
  charm('db', 'docker-image: db:1\nprovides: {database: }\n', ['init', 'database-relation-joined']),
  charm(
    'web',
    'docker-image: web:1\nprovides: {web-proxy: {tech-dep: reversed}}\nuses:\n  cert: {auto: pair, constraint: recommended}\n',
    ['web_proxy-relation-joined'],
  ),
  charm('certs', 'type: stub\nprovides: {cert: }\n'),
  charm('deep/mail', 'type: run-once\ndocker-image: mail:1\nprovides: {mail: }\n'),
  charm('needy', 'type: stub\nuses: {mail: {constraint: required}}\n'),
  charm('manual', 'type: stub\nuses: {mail: {constraint: required, auto: none}}\n'),
  charm('plain', 'docker-image: plain:1\n'),
  charm('strict', 'docker-image: plain:1\noptions: {a: what it is}\n'),
  charm('ring1', 'type: stub\nprovides: {r1: }\nuses: {r2: {constraint: required}}\n'),
  charm('ring2', 'type: stub\nprovides: {r2: }\nuses: {r1: {constraint: recommended}}\n'),
  charm('ring3', 'type: stub\nprovides: {r3: }\nuses: {r3b: {constraint: required, auto: summon}}\n'),
  charm('ring4', 'type: stub\nprovides: {r3b: }\nuses: {r3: {constraint: required}}\n'),
  charm('choosy', 'type: stub\nuses: {thing: {auto: summon, constraint: required}}\n'),
  charm('thing1', 'type: stub\nprovides: {thing: }\n'),
  charm('thing2', 'type: stub\nprovides: {thing: }\n'),
  charm(
    'addon',
    'subordinate: true\ndata-resources: [/var/addon]\nuses: {host: {scope: container}}\n' +
      'docker-compose: {environment: {ADDON: !var-expand "$SERVICE_NAME in $MASTER_BASE_SERVICE_NAME"}}\n',
    ['init'],
  ),
  charm('holder', 'docker-image: holder:1\nprovides: {host: }\n'),
];
const planOf = (text: string): Plan => planWith(charms, text);
const relations = (plan: Plan): string[] =>
  plan.services.flatMap(({ name, relations }) =>
    relations.map((one) => `${name} ${one.name} ${one.target} ${one.origin}`),
  );
const hooks = (plan: Plan): string[] => plan.hooks.map(({ service, hook }) => `${service} ${hook}`);

const short = 'www.example.org:\n  charm: app\nweb:\ncerts:\n';
const explicit = `www.example.org:
  charm: app
  relations:
    web-proxy:
      web: {target: 'www.example.org:80'}
    database: db
web:
  relations:
    cert: certs
certs:
db:
`;

describe('a short compose.yml', () => {
  it('is paired and summoned', () => {
    expect(relations(planOf(short))).toEqual([
      'web cert certs paired',
      'www.example.org database db summoned',
      'www.example.org web-proxy web paired',
    ]);
    const [, , , app] = planOf(short).services;
    expect(app?.relations.map(({ options }) => options)).toEqual([
      { extensions: ['trgm'] },
      { target: 'www.example.org:80' },
    ]);
  });

  it('gives the docker-compose.yml and the hooks of the explicit form, byte for byte', () => {
    expect(relations(planOf(explicit)).every((line) => line.endsWith('explicit'))).toBe(true);
    expect(writeDockerCompose(planOf(explicit).dockerCompose)).toBe(
      writeDockerCompose(planOf(short).dockerCompose),
    );
    expect(planOf(explicit).hooks).toEqual(planOf(short).hooks);
  });

  it('runs every init, then each relation with its provider first, then pre_deploy; post_deploy after the start', () => {
    expect(hooks(planOf(short))).toEqual([
      'db init',
      'www.example.org init',
      'db database-relation-joined',
      'www.example.org database-relation-joined',
      'web web_proxy-relation-joined',
      'www.example.org web_proxy-relation-joined',
      'www.example.org pre_deploy',
      'www.example.org post_deploy',
    ]);
    const [, , provider, user] = planOf(short).hooks;
    expect(
      planOf(short)
        .hooks.map(({ stage }) => stage)
        .slice(-2),
    ).toEqual(['before', 'after']);
    expect(provider?.environment).toMatchObject({
      SERVICE_NAME: 'db',
      SERVICE_DATASTORE: '/srv/datastore/data/db',
      BASE_SERVICE_NAME: 'www.example.org',
      MASTER_BASE_SERVICE_NAME: 'www.example.org',
      TARGET_SERVICE_NAME: 'db',
      MASTER_TARGET_SERVICE_NAME: 'db',
      CHARM_PATH: '/srv/charm-store/house/db',
      BASE_CHARM_PATH: '/srv/charm-store/house/app',
      DOCKER_BASE_IMAGE: 'db:1',
    });
    expect(user?.environment).toMatchObject({ SERVICE_NAME: 'www.example.org', DOCKER_BASE_IMAGE: 'app:1' });
  });

  it('says what a service would use, and why', () => {
    expect(planOf('app:\n').advice).toEqual([
      'service app would use web-proxy (proxy: public access); add a service of one of these charms: web',
    ]);
  });
});

describe('relations in compose.yml', () => {
  it('may go to several services, each with options; the charm has defaults', () => {
    const text =
      'app:\n  relations:\n    web-proxy:\n      one: {domain: a.org}\n      two: {target: x}\n' +
      'one: {charm: web}\ntwo: {charm: web}\n';
    expect(
      planOf(text)
        .services.find(({ name }) => name === 'app')
        ?.relations.slice(1),
    ).toEqual([
      {
        name: 'web-proxy',
        target: 'one',
        origin: 'explicit',
        options: { target: 'app:80', domain: 'a.org' },
      },
      { name: 'web-proxy', target: 'two', origin: 'explicit', options: { target: 'x' } },
    ]);
  });

  it('bring a service that only they name, when a charm has its name', () => {
    expect(relations(planOf('web:\n  relations: {cert: certs}\n'))).toEqual(['web cert certs explicit']);
  });

  it('are not paired when they are written empty', () => {
    expect(relations(planOf('app:\n  relations: {web-proxy: []}\nweb:\n'))).toEqual([
      'app database db summoned',
    ]);
  });

  it('find a charm in a sub-folder by its short name', () => {
    expect(planOf('needy:\nmail:\n').services.map(({ charm: of }) => of)).toEqual(['deep/mail', 'needy']);
  });
});

describe('what cannot be resolved names place, candidates and remedy', () => {
  it.each([
    ['needy:\n', 1, 'needs mail, and no service provides it', 'these charms: deep/mail'],
    ['mail:\nmanual:\n', 2, 'is not related by itself', 'relations: {mail: mail}'],
    [
      'web:\ntwo: {charm: web}\napp:\n',
      3,
      '2 services provide it: web, two',
      '{web-proxy: web}, relations: {web-proxy: two}',
    ],
    ['choosy:\n', 1, '2 charms provide it', '"thing1:", "thing2:"'],
    ['plain:\nchoosy:\n  relations: {thing: []}\n', 3, 'without a service', 'name a service'],
    ['app:\n  relations: {web-proxi: web}\nweb:\n', 2, 'provides no "web-proxi"', 'web-proxy'],
    ['app:\n  relations: {web-proxy: wep}\nweb:\n', 2, '"wep", which is no service', 'web'],
    ['plain:\napp:\n  relations: {database: databse}\n', 3, '"databse", which is no service', 'one of: db'],
    ['www.example.org:\n', 1, 'www.example.org names no charm', 'charm: NAME'],
    ['app:\n  option: {}\n', 2, 'unknown key "option" in app', 'charm, options, relations, docker-compose'],
    ['app: yes\n', 1, 'must be a mapping', 'NAME: VALUE'],
    ['web:\n  relations: {web-proxy: web}\n', 2, 'to itself', 'another'],
    ['web:\n  relations:\n    cert:\n', 3, 'is not right', '[] for none'],
    ['strict:\n  options: {b: 1}\n', 2, 'no option "b"', 'a'],
    ['plain:\nring3:\n', 2, 'circle: ring3 -> ring4 -> ring3', 'remove one'],
    ['addon:\n  relations: {host: []}\n', 1, 'which service it adds to', 'scope: container'],
    ['db: {charm: plain}\napp:\n', 2, 'the service "db" is of another charm', '{charm: db}'],
  ])('%j', (text, line, message, next) => {
    const found = problemsOf(charms, text);
    const one = found.find((problem) => problem.message.includes(message));
    expect(found.map((problem) => problem.message).join('\n')).toContain(message);
    expect(one?.line).toBe(line);
    expect(one?.next).toContain(next);
  });
});

test('each domain without a charm is told, whatever else is wrong', () => {
  expect(() => planOf('a.example.org:\nb.example.org:\n')).toThrow(
    /a\.example\.org names no charm[^]*b\.example\.org names no charm/,
  );
});

test('a service that another one summoned is paired with one that does not summon', () => {
  const pairing = charm('pairing', 'type: stub\nuses: {database: {constraint: required}}\n');
  const plan = planWith([...charms, pairing], 'app:\npairing:\n');
  expect(relations(plan)).toEqual(['app database db summoned', 'pairing database db paired']);
});

test('an option that the charm does not declare is a warning where it declares none', () => {
  expect(planOf('plain:\n  options: {b: 1}\n').warnings).toEqual([
    'service plain: the charm plain declares no options, "b" is handed on',
  ]);
});

test('a recommended relation that closes a circle stands, and a warning says the order does not follow it', () => {
  const plan = planOf('ring1:\nring2:\n');
  expect(plan.services.map(({ name }) => name)).toEqual(['ring2', 'ring1']);
  expect(relations(plan)).toEqual(['ring2 r1 ring1 paired', 'ring1 r2 ring2 paired']);
  expect(plan.warnings.join()).toContain('r1 of ring2 to ring1 closes a circle');
});

test('what runs once is in docker-compose.yml and not started, a stub is not in it', () => {
  const { services, dockerCompose, images } = planOf('mail:\nneedy:\n');
  expect(services.map(({ name, container }) => [name, container])).toEqual([
    ['mail', 'run-once'],
    ['needy', 'none'],
  ]);
  expect(dockerCompose.services).toMatchObject({ mail: { restart: 'no', profiles: ['run-once'] } });
  expect(Object.keys(dockerCompose.services)).toEqual(['mail']);
  expect(images.pull).toEqual(['mail:1']);
});

test('a subordinate charm adds to the container of the service it is related to', () => {
  const plan = planOf('extra:\n  charm: addon\nholder:\n');
  expect(plan.dockerCompose.services).toEqual({
    holder: {
      image: 'holder:1',
      restart: 'unless-stopped',
      volumes: ['/srv/datastore/data/extra/var/addon:/var/addon:rw'],
      labels: { 'myc.charm': 'holder', 'myc.service': 'holder' },
      environment: { ADDON: 'extra in holder' },
    },
  });
  expect(plan.hooks[0]?.environment).toMatchObject({
    SERVICE_NAME: 'extra',
    MASTER_BASE_SERVICE_NAME: 'holder',
    DOCKER_BASE_IMAGE: 'holder:1',
  });
});

test('a charm whose metadata.yml is broken hinders only who uses it', () => {
  const broken = charm('broken', '');
  const faulty = [...charms, { ...broken, fault: faultOf() }];
  expect(planWith(faulty, 'plain:\n').services).toHaveLength(1);
  expect(problemsOf(faulty, 'broken:\n')[0]).toMatchObject({ file: 'broken/metadata.yml', line: 1 });
});

function faultOf() {
  try {
    charm('broken', 'docker-imgae: x\n');
  } catch (error) {
    return error as NonNullable<(typeof charms)[0]['fault']>;
  }
  throw new Error('it was taken');
}
