import { mkdtemp, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test } from 'vitest';
import { openActivities } from '../../activities/open.js';
import { watchConfig } from '../../client/config/watch.js';

const input = { operationId: '20261123T031500Z-k3x9qa', host: 'vps1.lab', step: 'set-up', dryRun: false };

test('a host is unknown, then the file is broken, then the host is there: final, to be tried again, known', async () => {
  const file = path.join(await mkdtemp(path.join(os.tmpdir(), 'myc-wf-open-')), 'config.yml');
  await writeFile(file, 'hosts: {}\n');
  const opened = openActivities(watchConfig({ file }), () => Promise.resolve({ id: 'a', name: 'laptop' }));
  const attempt = () =>
    new MockActivityEnvironment().run((one: typeof input) => opened.activities.ensureHostSetUp(one), input);

  await expect(attempt()).rejects.toMatchObject({ type: 'BadInput', nonRetryable: true });
  await writeFile(file, 'hosts:\n  vps1.lab: 22\n');
  await expect(attempt()).rejects.toMatchObject({
    type: 'ConfigurationBroken',
    nonRetryable: false,
    message: expect.stringContaining(`${file}:2:13: vps1.lab is a number, not a mapping`) as string,
  });
  // Known now, and asked for: nothing of the lab listens there.
  await writeFile(file, 'hosts:\n  vps1.lab: {address: 127.0.0.1, port: 1}\n');
  await expect(attempt()).rejects.toMatchObject({ type: 'HostKeyUnknown' });
  await opened.close();
});
