import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import type { Remote } from '../../activities/adapters/remote/remote.js';
import { readManifest } from '../../activities/backup-manifest.js';
import { inspectBackup } from '../../activities/inspect-backup.js';
import { restoreDatabases } from '../../activities/restore-databases.js';
import type { TargetAdmin } from '../../activities/target-admin.js';
import { parseIdent } from '../../workflows/contract/names.js';

const ident = parseIdent('vps1.example.org');
const operationId = '20261123T031500Z-k3x9qa';
const good = {
  ...{ version: 1, ident, host: 'vps1.example.org', operationId },
  ...{ services: ['postgres'], images: ['postgres:17'], directories: ['/srv/datastore'] },
  ...{ files: 3, bytes: 300, listing: 'a'.repeat(64) },
  special: { count: 0, names: [] },
  volatile: { count: 0, names: [] },
  databases: [
    {
      ...{ name: 'postgres', kind: 'postgres', version: 170012, image: 'postgres:17' },
      databases: [{ name: 'shop', file: 'shop.dump' }],
    },
  ],
  completedAt: '2026-11-23T03:20:00Z',
};
/** Another value somewhere in the manifest; `databases.0.name` is the name of its first service. */
function manifestWith(at: string, value: unknown): unknown {
  const changed = structuredClone(good) as Record<string, unknown>;
  const keys = at.split('.');
  const last = keys.pop()!;
  let part = changed;
  for (const key of keys) part = part[key] as Record<string, unknown>;
  if (value === undefined) delete part[last];
  else Object.defineProperty(part, last, { value, enumerable: true });
  return changed;
}
function failureOf(act: () => unknown): ApplicationFailure {
  try {
    act();
  } catch (error) {
    if (error instanceof ApplicationFailure) return error;
    throw error;
  }
  throw new Error('accepted');
}

test('a manifest as a backup writes it is read, with what later versions add left out', () => {
  expect(readManifest(good, ident)).toEqual(good);
  expect(readManifest({ ...good, later: { x: 1 }, constructor: 1 }, ident)).toEqual(good);
});

const shell = '$(touch /tmp/x)';
const escapes = '\u001b]52;c;eA==\u0007';
/** What no field of a name takes. */
const noName = [
  '',
  '..',
  '.',
  '-x',
  'a/b',
  '/etc',
  'a b',
  'a\nb',
  'a\0b',
  shell,
  '`id`',
  escapes,
  'x'.repeat(600),
  7,
  null,
  [],
  {},
  ['a'],
];
const noPath = [
  '',
  'srv',
  '../srv',
  '/srv/../etc',
  '/srv//x',
  '/srv/\n',
  '/srv/\0',
  escapes,
  `/${'x'.repeat(5000)}`,
  7,
  null,
  {},
];
const noCount = [-1, 1.5, '3', 1e300, Number.NaN, Number.POSITIVE_INFINITY, null, [], `a[${shell}]`];
const hostile: [string, unknown[]][] = [
  ['version', [0, 2, '1', null, undefined]],
  ['ident', [...noName, '__proto__', undefined]],
  ['host', [...noName, '__proto__', undefined]],
  ['operationId', [...noName, '__proto__', 'constructor', undefined]],
  ['services', ['postgres', { 0: 'a' }, [null], Array.from({ length: 1001 }, () => 'a')]],
  ['services.0', [...noName, '__proto__']],
  ['images', ['postgres:17', {}, Array.from({ length: 1001 }, () => 'a')]],
  ['images.0', [...noName.filter((name) => name !== 'a/b'), '--privileged', 'a:b:c:d', '__proto__']],
  ['directories', ['/srv', {}, undefined, Array.from({ length: 201 }, () => '/srv')]],
  ['directories.0', noPath],
  ['files', noCount],
  ['bytes', noCount],
  ['listing', ['', '-', 'a'.repeat(63), 'A'.repeat(64), `${'a'.repeat(64)}\n`, 7, undefined]],
  ['special', [{ count: 1 }, { count: 1, names: ['x'.repeat(401)] }, undefined]],
  ['volatile', [{ count: -1, names: [] }, { count: 1, names: Array.from({ length: 51 }, () => 'x') }, null]],
  [
    'databases',
    [
      {},
      null,
      undefined,
      [good.databases[0], good.databases[0]],
      Array.from({ length: 201 }, () => good.databases[0]),
    ],
  ],
  ['databases.0.name', [...noName, '__proto__']],
  ['databases.0.kind', ['mysql', '', 'constructor', null]],
  ['databases.0.version', noCount],
  ['databases.0.image', [7, 'x'.repeat(501)]],
  ['databases.0.databases', [{}, null, Array.from({ length: 2001 }, () => ({ name: 'a', file: 'a.dump' }))]],
  ['databases.0.databases.0.name', ['', 'x'.repeat(65), 'a\0b', 7, null]],
  [
    'databases.0.databases.0.file',
    [
      '',
      'x',
      '../x.dump',
      '/x.dump',
      'a/b.dump',
      '.dump',
      '-x.dump',
      'a b.dump',
      'a\n.dump',
      '+zz.dump',
      '+.dump',
      '..dump',
      `${shell}.dump`,
      'x.dump\n',
      7,
    ],
  ],
  ['completedAt', ['', 'yesterday', '2026-13-45T00:00:00Z', 7, null, undefined]],
];
describe.each(hostile)('a manifest whose %s is not right is refused', (at, values) => {
  test.each(values.map((value) => [value]))('%j', (value) => {
    const { type, nonRetryable, message } = failureOf(() => readManifest(manifestWith(at, value), ident));
    expect({ type, nonRetryable }).toEqual({ type: 'BackupUnusable', nonRetryable: true });
    expect(message).toContain(`the manifest of ${ident} is not one this program reads (${at.split('.')[0]}`);
    expect(message).toContain('back the host up again');
    // It reaches terminals and histories.
    expect(message).not.toMatch(/[\u0000-\u001f\u007f]/);
    expect(message.length).toBeLessThan(500);
  });
});

test.each([
  [
    [
      { name: 'a', file: 'a.dump' },
      { name: 'a', file: 'b.dump' },
    ],
  ],
  [
    [
      { name: 'a', file: 'a.dump' },
      { name: 'b', file: 'a.dump' },
    ],
  ],
])('a database or a file that is named twice is refused: %j', (databases) => {
  const { message } = failureOf(() => readManifest(manifestWith('databases.0.databases', databases), ident));
  expect(message).toContain('a database or a file is named twice');
});

test.each([undefined, null, 'text', 7, [], [good], {}, JSON.parse(`{"__proto__":${JSON.stringify(good)}}`)])(
  '%j is no manifest',
  (value) => {
    expect(failureOf(() => readManifest(value, ident)).type).toBe('BackupUnusable');
  },
);

test('services and databases may be called as what every object has: they are names, and nothing more', () => {
  const names = ['constructor', 'toString', 'hasOwnProperty', 'valueOf'];
  const databases = names.map((name) => ({
    ...{ name, kind: 'postgres', version: 1 },
    databases: [{ name: '__proto__', file: '__proto__.dump' }],
  }));
  const read = readManifest({ ...good, services: names, databases }, ident);
  expect(read.services).toEqual(names);
  expect(read.databases.map(({ name }) => name)).toEqual(names);
  expect(read.databases[0]!.databases[0]!.name).toBe('__proto__');
});

test('a manifest of another ident is refused, and says whose it is', () => {
  const { type, message } = failureOf(() => readManifest({ ...good, ident: 'vps2.example.org' }, ident));
  expect(type).toBe('BackupUnusable');
  expect(message).toContain(
    `the mirror of ${ident} says it is of vps2.example.org; see on the backup target`,
  );
});

describe('what a backup target answers', () => {
  const inspecting = (answer: unknown, unverified = false) =>
    inspectBackup(
      {
        ...{ operationId, host: 'vps2.example.org', step: 'inspect', dryRun: false, takeover: false },
        target: 'b:22',
        ident,
        unverified,
      },
      { inspect: () => Promise.resolve(answer) } as unknown as TargetAdmin,
    );
  const answer = { files: 9, bytes: 900, changedAt: '2026-11-23T03:20:30Z', manifest: good };

  test('is an inspection', async () => {
    expect(await inspecting(answer)).toMatchObject({
      files: 3,
      manifest: { databases: ['postgres'] },
      changedSince: false,
    });
    expect(await inspecting({ ...answer, changedAt: '2026-11-23T04:00:00Z' })).toMatchObject({
      changedSince: true,
    });
  });

  test.each([
    undefined,
    null,
    [],
    {},
    { ...answer, files: -1 },
    { ...answer, bytes: '7' },
    { ...answer, changedAt: 'now' },
  ])('%j is not understood', async (said) => {
    await expect(inspecting(said)).rejects.toThrow(`b:22 answers about ${ident} what cannot be understood`);
  });

  test('without a manifest the mirror is taken only when that is said', async () => {
    for (const manifest of [null, undefined]) {
      await expect(inspecting({ ...answer, manifest })).rejects.toThrow('has no manifest');
      expect(await inspecting({ ...answer, manifest }, true)).toEqual({
        files: 9,
        bytes: 900,
        changedSince: false,
      });
    }
    await expect(inspecting({ ...answer, files: 0 })).rejects.toThrow('is empty');
  });

  test('a manifest that is not right is refused also where one could be missing', async () => {
    for (const manifest of [{}, { ...good, ident: 'vps2.example.org' }, 'text'])
      await expect(inspecting({ ...answer, manifest }, true)).rejects.toMatchObject({
        type: 'BackupUnusable',
      });
  });
});

describe('the manifest that was staged, which is read again', () => {
  const restoring = (text: string, backupId = operationId) => {
    const remote = {
      name: 'vps2.example.org',
      exec: () => Promise.resolve({ exit: 0, stdout: text, stderr: '' }),
    };
    return restoreDatabases(
      {
        remote: remote as unknown as Remote,
        onProgress: () => undefined,
        signal: new AbortController().signal,
      },
      {
        ...{ operationId, host: 'vps2.example.org', step: 'databases', dryRun: false, takeover: false },
        ident,
        backupId,
        services: ['redis'],
      },
    );
  };

  test.each([
    [
      'one of another backup',
      JSON.stringify({ ...good, operationId: '20261124T031500Z-k3x9qa' }),
      'is another one than was inspected',
    ],
    [
      'one of another host',
      JSON.stringify({ ...good, ident: 'vps2.example.org' }),
      'says it is of vps2.example.org',
    ],
    ['one that is cut off', JSON.stringify(good).slice(0, -1), 'is not one this program reads'],
    [
      'one that is too large',
      JSON.stringify({ ...good, padding: 'x'.repeat(70_000) }).slice(0, 65_537),
      'is not one this program reads',
    ],
    ['an empty one', '', 'is not one this program reads'],
    ['one without the service', JSON.stringify(good), 'has no dumps of the service redis'],
  ])('%s is refused', async (_what, text, message) => {
    await expect(restoring(text)).rejects.toMatchObject({
      ...{ type: 'BackupUnusable', nonRetryable: true },
      message: expect.stringContaining(message) as string,
    });
  });
});
