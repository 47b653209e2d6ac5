import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import { beforeEach, describe, expect, test } from 'vitest';

/** What no server that tests can have shows: refusals, and views. A server of its protocol: test/e2e/mongo.e2e.test.ts. */
const charms = fileURLToPath(new URL('../../charms', import.meta.url));
const service = 'chat.example.org';
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rocketchat-'));
  const relation = join(root, `relations/${service}/mongo-database/mongo`);
  for (const folder of ['bin', 'fragments', 'data', `services/${service}`])
    mkdirSync(join(root, folder), { recursive: true });
  mkdirSync(relation, { recursive: true });
  writeFileSync(join(relation, 'data.json'), '{}');
  const docker = `#!/bin/bash
echo "$1 $2 $3" >>"$ROOT/said"
case "$*" in
  ps*--all*) echo app ;;
  ps*service=mongo*) echo server ;;
  exec*) printf '%s\\n' "$@" >"$ROOT/exec"; exit "\${FAILS:-0}" ;;
esac
`;
  writeFileSync(join(root, 'bin/docker'), docker, { mode: 0o755 });
  const environment = { SERVICE_NAME: service, PROJECT_NAME: 'myc', CHARM_NAME: 'rocketchat' };
  const folder = join(root, 'services', service);
  writeFileSync(
    join(folder, 'environment.json'),
    JSON.stringify({ ...environment, CHARM_PATH: join(charms, 'rocketchat') }),
  );
  writeFileSync(join(folder, 'options.json'), '{}');
  writeFileSync(join(folder, 'targets.json'), '{"mongo-database": ["mongo"]}');
});

const path = () => ({ PATH: `${join(root, 'bin')}:${process.env.PATH ?? ''}`, ROOT: root });
const data = (): Record<string, string> =>
  JSON.parse(
    readFileSync(join(root, `relations/${service}/mongo-database/mongo/data.json`), 'utf8'),
  ) as Record<string, string>;

function hook(charm: string, own: string): string {
  const ran = spawnSync(
    'bash',
    [join(charms, 'lib/run-hook.sh'), join(charms, charm), 'mongo_database-relation-joined'],
    {
      encoding: 'utf8',
      env: {
        ...{
          ...path(),
          SERVICE_NAME: own,
          BASE_SERVICE_NAME: service,
          TARGET_SERVICE_NAME: 'mongo',
          PROJECT_NAME: 'myc',
        },
        ...{
          RELATION_NAME: 'mongo-database',
          COMPOSE_OPTIONS: join(root, `services/${service}/options.json`),
        },
        ...{ COMPOSE_FRAGMENTS: join(root, 'fragments'), COMPOSE_RELATIONS: join(root, 'relations') },
        RELATION_DATA_FILE: join(root, `relations/${service}/mongo-database/mongo/data.json`),
      },
    },
  );
  expect(ran.stderr).toBe('');
  expect(ran.status).toBe(0);
  return readFragment(own);
}
const readFragment = (own: string): string => {
  const file = join(root, `fragments/${own}@mongo_database-relation-joined.000.yml`);
  return own === 'mongo' ? '' : readFileSync(file, 'utf8');
};

test('mongo tells where the database is, and Rocket.Chat takes it and waits for the server', () => {
  hook('mongo', 'mongo');
  expect(data()).toEqual({
    host: 'mongo',
    port: '27017',
    dbname: 'chat_example_org',
    url: 'mongodb://mongo:27017/chat_example_org?replicaSet=rs0',
    'oplog-url': 'mongodb://mongo:27017/local?replicaSet=rs0',
  });
  const fragment = hook('rocketchat', service);
  expect(fragment).toContain('MONGO_URL: "mongodb://mongo:27017/chat_example_org?replicaSet=rs0"');
  expect(fragment).toContain('"mongo": {condition: service_healthy}');
});

describe('drop-indexes', () => {
  const run = (env: Record<string, string> = {}) =>
    spawnSync('bash', [join(charms, 'lib/run-action.sh'), service, 'drop-indexes'], {
      encoding: 'utf8',
      env: { ...path(), COMPOSE_ROOT: root, ...env },
    });
  const order = () =>
    readFileSync(join(root, 'said'), 'utf8')
      .split('\n')
      .filter((line) => /^(stop|exec|start)/.test(line));

  beforeEach(() => hook('mongo', 'mongo'));

  test('stops the application, asks the server for its own database, and starts it again', () => {
    const { status, stderr } = run();
    expect([status, stderr]).toEqual([0, expect.stringContaining('makes its indexes anew') as string]);
    expect(order()).toEqual(['stop --time 60', 'exec server sh', 'start app ']);
    const words = readFileSync(join(root, 'exec'), 'utf8').split('\n');
    expect(words).toContain('chat_example_org');
  });

  test('starts it again also when the server refuses, and says so', () => {
    const { status, stderr } = run({ FAILS: '1' });
    expect([status, stderr]).toEqual([1, expect.stringContaining('some indexes are still there') as string]);
    expect(order().at(-1)).toBe('start app ');
  });

  test('what the shell is given skips views and what is the server’s, and tells what could not be dropped', () => {
    const dropped: string[] = [];
    const said: string[] = [];
    let exit: number | undefined;
    const all = [
      { name: 'users', type: 'collection' },
      { name: 'stats', type: 'view' },
      { name: 'system.views', type: 'collection' },
      { name: 'locked', type: 'collection' },
      { name: 'rooms', type: 'collection' },
    ];
    const db = {
      getCollectionInfos: ({ type }: { type: string }) => all.filter((one) => one.type === type),
      getCollection: (name: string) => ({
        dropIndexes: () => {
          if (name === 'locked') throw new Error('not now');
          dropped.push(name);
        },
      }),
    };
    const context = { db, print: (line: string) => said.push(line), quit: (code: number) => (exit = code) };
    runInContext(
      readFileSync(join(charms, 'rocketchat/lib/drop-indexes.js'), 'utf8'),
      createContext(context),
    );
    expect(dropped).toEqual(['users', 'rooms']);
    expect([exit, said.at(-1)]).toEqual([1, 'error: locked: not now']);
  });
});
