import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** The making of a replica set only: the server that tests can reach has one from its start (test/e2e/mongo.e2e.test.ts). */
const program = fileURLToPath(
  new URL('../../charms/mongo/resources/usr/local/bin/myc-mongo', import.meta.url),
);
/** A shell at a server that is in a state, which becomes a primary when it is told to make a set. */
const shell = `#!/usr/bin/env node
const { runInNewContext } = require('node:vm');
const state = JSON.parse(process.env.STATE);
const rs = {
  initiate: (config) => {
    if (state.refuses) throw new Error(state.refuses);
    console.log(JSON.stringify(config));
    Object.assign(state, { setName: config._id, ismaster: true });
  },
};
const db = { isMaster: () => state };
runInNewContext(process.argv.at(-1), { db, rs, quit: (code) => process.exit(code) });
`;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mongosh-'));
  writeFileSync(join(folder, 'mongosh'), shell, { mode: 0o755 });
});
afterAll(() => rmSync(folder, { recursive: true }));

const healthy = (state: object) =>
  spawnSync('bash', [program, 'healthy'], {
    encoding: 'utf8',
    env: { PATH: `${folder}:${process.env.PATH ?? ''}`, STATE: JSON.stringify(state) },
  });

test('a server without a replica set gets one, of itself under its own name', () => {
  const { status, stdout } = healthy({ ismaster: false, isreplicaset: true });
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ _id: 'rs0', members: [{ _id: 0, host: `${hostname()}:27017` }] });
});

test('one that has a set is left alone, and is healthy once it takes writes', () => {
  expect(healthy({ setName: 'rs0', ismaster: true })).toMatchObject({ status: 0, stdout: '' });
  expect(healthy({ setName: 'rs0', ismaster: false, secondary: true })).toMatchObject({
    status: 1,
    stdout: '',
  });
});

test('one that refuses is not healthy, and says why', () => {
  const refused = healthy({
    ismaster: false,
    refuses: 'This node was not started with replication enabled.',
  });
  expect(refused.status).not.toBe(0);
  expect(refused.stderr).toContain('not started with replication enabled');
});
