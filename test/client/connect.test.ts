import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect } from '../../client/connect.js';
import { writeUpFile } from '../../client/up-file.js';
import { ensureKeyFile } from '../../worker/codec/key-file.js';
import { freePort } from '../../worker/free-port.js';
import { env } from '../worker/fixtures/start-up.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'myc-wf-connect-'));
});
afterEach(() => rm(directory, { recursive: true }));

const unreachable = (message: string, next: string) => ({ exitCode: 4, message, next });

test('without a running up it names the directory and the remedy', async () => {
  await expect(connect({ 'data-directory': directory }, env)).rejects.toMatchObject(
    unreachable(`no Temporal runs in ${directory}`, 'start it with myc-wf up, or set temporal.address'),
  );
});

test('of an up that was killed it names the address', async () => {
  await ensureKeyFile(path.join(directory, 'codec.key'));
  const address = `127.0.0.1:${await freePort()}`;
  const dead = { pid: 1, pidMark: '', serverPid: 1, serverMark: '' };
  await writeUpFile(directory, { address, uiUrl: 'http://127.0.0.1:1', namespace: 'default', ...dead });
  await expect(connect({ 'data-directory': directory }, env)).rejects.toMatchObject(
    unreachable(`no Temporal answers on ${address}`, 'start it with myc-wf up, or set temporal.address'),
  );
});

test("of a team's Temporal that does not answer it names the setting", async () => {
  await ensureKeyFile(path.join(directory, 'codec.key'));
  const address = `127.0.0.1:${await freePort()}`;
  const next = 'check temporal.address in the configuration, or TEMPORAL_ADDRESS';
  const message = `no Temporal answers on ${address}`;
  const settings = { 'data-directory': directory };
  await expect(connect({ ...settings, temporal: { address } }, env)).rejects.toMatchObject({ message, next });
  await expect(connect(settings, { ...env, TEMPORAL_ADDRESS: address })).rejects.toMatchObject({
    message,
    next,
  });
});
