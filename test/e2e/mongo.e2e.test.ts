import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gates, gatesOf } from '../lab/gates.js';
import { readmeExample } from '../charms/readme-example.js';
import { type MongoHost, application, mongoHost } from './mongo-host.js';
import { until } from './until.js';

const name = 'vps85.lab';
const chat = 'chat.mydomain.org';
let at: MongoHost;

beforeAll(async () => {
  at = await mongoHost(name);
}, 600_000);
afterAll(async () => {
  await at?.operator.close();
  await at?.lab.destroy(name);
});

const kept = () =>
  at.mongosh(
    'notes',
    '$MONGO_URL',
    'db.kept.find().sort({ _id: 1 }).forEach(({ _id, text }) => print(_id, text))',
  );

test('the examples of their READMEs come up; a service keeps documents where its relation says', async () => {
  const instead = {
    image: 'mongo:7',
    entrypoint: ['node'],
    command: ['-e', application],
    init: true,
  };
  const example = `${readmeExample('rocketchat')}  docker-compose: ${JSON.stringify(instead)}\n`;
  await at.host.exec(['tee', '/opt/apps/myc-deploy/compose.yml'], {
    input: `${readmeExample('mongo')}notes:\n${example}`,
  });
  const first = await at.start('up', name);
  expect(first, first.stderr).toMatchObject({ status: 0 });
  await at.mongosh(
    'notes',
    '$MONGO_URL',
    "db.kept.insertMany([{ _id: 1, text: 'one' }, { _id: 2, text: 'two' }])",
  );
  expect(await kept()).toBe('1 one\n2 two');
  expect(
    await at.mongosh(
      'notes',
      'mongodb://$MONGO_HOST:$MONGO_PORT/$MONGO_DBNAME',
      'print(db.kept.countDocuments())',
    ),
  ).toBe('2');
  expect(
    await at.mongosh('mongo', '', 'const { setName, hosts } = db.hello(); print(setName, hosts[0])'),
  ).toBe('rs0 mongo:27017');
}, 300_000);

test('a second up changes nothing, and documents outlive a restart and the container', async () => {
  expect(await at.start('up', name)).toMatchObject({ status: 0, stdout: 'nothing to change\n' });
  await at.shell('docker restart myc-mongo-1');
  await until('mongo is healthy', async () => (await at.stateOf('mongo')) === 'running healthy');
  expect(await kept()).toBe('1 one\n2 two');
  await at.shell('docker rm --force myc-mongo-1');
  expect(await at.start('up', name)).toMatchObject({ status: 0 });
  expect(await kept()).toBe('1 one\n2 two');
  expect(await at.shell('stat -c %u /srv/datastore/data/mongo/data/db/* | sort -u')).toBe('999');
}, 120_000);

test('ls: the databases and their sizes', async () => {
  const listed = await at.start('action', name, 'mongo', 'ls');
  expect(listed.stdout).toMatch(/^chat_mydomain_org\t\d+ kB\nnotes\t\d+ kB\n$/);
});

describe('drop-indexes of rocketchat', () => {
  const users = (script: string) =>
    at.mongosh('mongo', '', `const { users } = db.getSiblingDB('chat_mydomain_org'); ${script}`);
  const indexes = async () => {
    const told = await users('users.getIndexes().forEach(({ name, unique }) => print(name, !!unique))');
    return told.split('\n').sort().join('\n');
  };
  const drop = (...options: string[]) => at.start('action', name, chat, 'drop-indexes', '--yes', ...options);
  const made = '_id_ false\nusername_1 true';
  const old = '_id_ false\nnames false\nroles_1 false';
  let gates: Gates;

  /** What an earlier version left: an index under another name than this one's. */
  const outdated = async () => {
    await at.shell(`docker stop myc-${chat}-1`);
    const older = 'createIndex({ roles: 1 }); users.createIndex({ username: 1 }, { name: "names" })';
    await users(`users.dropIndexes(); users.${older}`);
    await at.shell(`docker start myc-${chat}-1`);
  };
  const isBack = async () => {
    await until('the indexes of the application are there', async () => (await indexes()) === made);
    expect(await at.stateOf(chat)).toBe('running');
    expect(await users('print(users.countDocuments(), users.findOne({ _id: 500 }).username)')).toBe(
      '1000 user500',
    );
  };

  beforeAll(async () => {
    gates = await gatesOf(at.host);
    await gates.before('docker');
    await users(
      "users.insertMany(Array.from({ length: 1000 }, (_, n) => ({ _id: n, username: 'user' + n, roles: ['user'] })))",
    );
  });

  test('asks first: it replaces the indexes', async () => {
    const asked = await at.start('action', name, chat, 'drop-indexes');
    expect(asked).toMatchObject({ status: 2 });
    expect(asked.stderr).toContain('drop-indexes replaces the indexes of its database');
  });

  test('an application that ends with a conflict of indexes runs again, with all its documents', async () => {
    await outdated();
    await until('it ended', async () =>
      (await at.shell(`docker logs myc-${chat}-1 2>&1`)).includes('IndexOptionsConflict'),
    );
    const held = gates.holding('^docker start ', async () => {
      expect(await at.stateOf(chat)).toBe('exited');
      expect(await indexes()).toBe('_id_ false');
    });
    const [dropped] = await Promise.all([drop(), held]);
    expect(dropped, dropped.stderr).toMatchObject({ status: 0 });
    await isBack();
  }, 120_000);

  test('killed half-way, the next run drops them and starts the application', async () => {
    await outdated();
    const held = gates.holding('^docker exec .* chat_mydomain_org --eval ', async () => {
      expect(await at.stateOf(chat)).toBe('exited');
      await at.shell('pid=$(ps -C drop-indexes -o pid=); kill -9 $(ps --ppid $pid -o pid=) $pid');
    });
    const [killed] = await Promise.all([drop(), held]);
    expect(killed).toMatchObject({ status: 1 });
    expect(await indexes()).toBe(old);
    expect(await drop()).toMatchObject({ status: 0 });
    await isBack();
  }, 120_000);
});
