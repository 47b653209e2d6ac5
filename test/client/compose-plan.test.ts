import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { record } from './recorder.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'myc-wf-plan-'));
afterAll(() => rmSync(folder, { recursive: true }));
const charms = path.join(folder, 'House Charms');

function charm(repository: string, name: string, metadata: string, hooks: string[] = []): void {
  mkdirSync(path.join(repository, name, 'hooks'), { recursive: true });
  writeFileSync(path.join(repository, name, 'metadata.yml'), metadata);
  for (const hook of hooks) {
    const file = path.join(repository, name, 'hooks', hook);
    writeFileSync(file, '#!/bin/bash\n');
    chmodSync(file, 0o755);
  }
}
charm(
  charms,
  'shop',
  'docker-image: shop:1\nuses:\n  till:\n    constraint: required\n    auto: summon\n  front: {}\n',
  ['init', 'front-relation-joined', 'post_deploy'],
);
charm(charms, 'deep/drawer', 'docker-image: drawer:2\nprovides: {till: {}}\n', ['till-relation-joined']);
charm(charms, 'door', 'type: stub\nprovides: {front: {}}\n', ['front-relation-joined']);

const compose = path.join(folder, 'compose.yml');
const write = (text: string) => writeFileSync(compose, text);
/** Temporal and hosts are not asked: each of them fails the test. */
const engine = new Proxy({}, { get: (_, call) => () => Promise.reject(new Error(String(call))) });
const plan = (...words: string[]) =>
  record(['compose', 'plan', '--file', compose, '--charms', charms, ...words], { engine, config: {} });

test('services, relations with where they come from, and hooks in their order; no host, no Temporal', async () => {
  write('www.example.org:\n  charm: shop\ndoor:\n');
  const { stdout, exitCode } = await plan();
  expect(exitCode).toBe(0);
  expect(stdout).toBe(`charms
  house-charms  ${charms}
  myc           with myc-wf
services
  door             house-charms/door         no container
  drawer           house-charms/deep/drawer  drawer:2      added
  www.example.org  house-charms/shop         shop:1
relations
  www.example.org  front  -> door    paired
  www.example.org  till   -> drawer  summoned
hooks
  1.  www.example.org  init
  2.  door             front-relation-joined  of www.example.org
  3.  www.example.org  front-relation-joined  to door
  4.  drawer           till-relation-joined   of www.example.org
  5.  www.example.org  post_deploy            after the start
`);
});

test('--json says the same, and no options: they may hold secrets', async () => {
  write('shop:\n  relations: {front: {door: {password: hunter22}}}\ndoor:\n');
  const { stdout } = await plan('--json');
  expect(stdout).not.toContain('hunter22');
  expect(JSON.parse(stdout)).toMatchObject({
    relations: [
      { service: 'shop', relation: 'front', target: 'door', origin: 'explicit' },
      { service: 'shop', relation: 'till', target: 'drawer', origin: 'summoned' },
    ],
    hooks: [{ service: 'shop', hook: 'init', stage: 'before' }, {}, {}, {}, { stage: 'after' }],
    images: { pull: ['drawer:2', 'shop:1'], build: [] },
  });
});

test('the first repository that has a charm wins, and is shown', async () => {
  const other = path.join(folder, 'other');
  charm(other, 'door', 'docker-image: door:9\nprovides: {front: {}}\n');
  write('door:\n');
  const both = (first: string, second: string) =>
    record(['compose', 'plan', '-f', compose, '--charms', first, '--charms', second], { engine, config: {} });
  expect((await both(other, charms)).stdout).toContain('other/door  door:9');
  expect((await both(other, charms)).stdout).toContain(
    'note: door of door is that of other, which comes before house-charms',
  );
  expect((await both(charms, other)).stdout).toContain('house-charms/door  no container');
});

test('the charms that come with myc-wf are there, after the given ones', async () => {
  write('shop:\npostgres:\n');
  const { stdout } = await plan();
  expect(stdout).toMatch(/postgres +myc\/postgres +postgres:17/);
});

test('--add-compose-content is merged over it, as text or as a file; only what a service needs is shown', async () => {
  write('shop:\n  relations: {front: []}\n');
  const added = await plan('--add-compose-content', 'door:\nshop: {relations: {front: door}}');
  expect(added.stdout).toContain('shop  front  -> door    explicit');
  const file = path.join(folder, 'added.yml');
  writeFileSync(file, 'door:\n');
  const one = await plan('--add-compose-content', file, 'door');
  expect(one.stdout).toBe(
    `charms\n  house-charms  ${charms}\n  myc           with myc-wf\n` +
      'services\n  door  house-charms/door  no container\nrelations\n  none\nhooks\n  none\n',
  );
});

test('--debug prints docker-compose.yml, what is named like a secret under a mask', async () => {
  write('shop:\n  docker-compose:\n    environment: {SHOP_PASSWORD: hunter22, NAME: corner}\n');
  const { stdout } = await plan('--debug');
  expect(stdout).toContain('docker-compose.yml\nname: myc\nservices:\n');
  expect(stdout).toContain('SHOP_PASSWORD: "***"');
  expect(stdout).toContain('NAME: corner');
  expect(stdout).not.toContain('hunter22');
});

describe('what is wrong names file, line, column, and what to write', () => {
  const refused = async (text: string, ...words: string[]) => {
    write(text);
    return plan(...words).then(
      () => 'nothing was refused',
      (error: Error & { next?: string; exitCode?: number }) => {
        expect(error.exitCode ?? 2).toBe(2);
        return `${error.message} ${error.next ?? ''}`;
      },
    );
  };

  test('an unknown charm, with the line under a caret', async () => {
    expect(await refused('shop:\nfront:\n  charm: dor\n')).toContain(
      `${compose}:3:3: the charm "dor" of service "front" is in no charm repository\n` +
        '3 |   charm: dor\n      ^\n  write one of: door',
    );
  });

  test('two providers for one need, with what to write', async () => {
    const said = await refused('shop:\ndoor:\nback:\n  charm: door\n');
    expect(said).toContain(`${compose}:1:1: shop uses front, and 2 services provide it: door, back`);
    expect(said).toContain('write one of: relations: {front: door}, relations: {front: back}');
  });

  test('YAML that is none, in the file and in what is added', async () => {
    expect(await refused('shop:\n  options: [\n')).toContain(`${compose}:`);
    expect(await refused('shop:\n', '--add-compose-content', 'shop: [\n')).toContain(
      '--add-compose-content:',
    );
  });

  test('a broken metadata.yml of a charm in use, with its own place', async () => {
    const broken = path.join(folder, 'broken');
    charm(broken, 'bad', 'typ: stub\n');
    expect(await refused('bad:\n', '--charms', broken)).toContain(
      `${path.join(broken, 'bad/metadata.yml')}:1:1: unknown key "typ"`,
    );
  });

  test('a file, a folder of charms and a service that are not there', async () => {
    expect(await refused('shop:\n', '--add-compose-content', 'nowhere')).toContain('nowhere cannot be read');
    expect(await refused('shop:\n', '--charms', '/nowhere')).toContain('--charms /nowhere is no folder');
    expect(await refused('shop:\n', '--charms', os.devNull)).toContain('is no folder');
    expect(await refused('shop:\n', 'nothing')).toContain('has no service "nothing"');
    const gone = record(['compose', 'plan', '--file', folder, '--charms', charms], { engine, config: {} });
    await expect(gone).rejects.toThrow('is a folder');
  });
});
