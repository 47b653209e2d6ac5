import { describe, expect, test } from 'vitest';
import type { BackupLook } from '../../../activities/backup-record.js';
import { mirrorPlan } from '../../../activities/commands/mirror-plan.js';
import { BadInput } from '../../../workflows/contract/bad-input.js';

const look = (more: Partial<BackupLook> = {}): BackupLook => ({
  record: undefined,
  publicKey: undefined,
  mirrorConfig: undefined,
  images: [],
  containers: [],
  ...more,
});
const container = (state: string, label: string) => ({ id: 'c1', state, service: 'db', label });
const postgres = '{"dump":"postgres","exclude":["/var/lib/postgresql/data"]}';
const live = '/srv/datastore/data/db/var/lib/postgresql/data';
const plan = (more?: Partial<BackupLook>) => mirrorPlan(look(more), 'vps1.lab');

describe('what a backup takes', () => {
  test('deployment, datastore and dumps, and nothing of the control plane', () => {
    const { directories, excludes } = plan();
    expect(directories).toEqual(['/opt/apps/myc-deploy', '/srv/datastore', '/var/lib/myc-wf/backup/dumps']);
    for (const path of ['/etc/myc-wf', '/var/lib/myc-wf/jobs']) expect(excludes).toContain(path);
  });

  test('a database that runs is dumped and its files left out; one that does not is mirrored as it is', () => {
    const running = plan({ containers: [container('running', postgres)] });
    expect(running).toMatchObject({ dumped: [{ service: 'db', container: 'c1' }], stopped: [] });
    expect(running.excludes).toContain(live);
    const stopped = plan({ containers: [container('exited', postgres)] });
    expect(stopped).toMatchObject({ dumped: [], stopped: ['db'] });
    expect(stopped.excludes).not.toContain(live);
    expect(() => plan({ containers: [container('restarting', postgres)] })).toThrow('keeps restarting');
  });

  test('the directories of mirror-dir, their patterns anchored there', () => {
    const { directories, excludes } = plan({
      mirrorConfig: '/srv/datastore: {}\n/home: {exclude: [/cache/, "*.tmp"]}\n',
    });
    expect(directories).toContain('/home');
    expect(directories.filter((path) => path === '/srv/datastore')).toHaveLength(1);
    expect(excludes).toEqual(expect.arrayContaining(['/home/cache/', '/home/*.tmp', '/home/**/*.tmp']));
  });

  test.each([
    ['/: {}'],
    ['/etc/myc-wf: {}'],
    ['/var/lib/myc-wf/jobs: {}'],
    ['/home/../etc: {}'],
    ['/home/*: {}'],
    ['home: {}'],
    ['/home: {exclude: [""]}'],
    ['/home: {exclude: ["a\\nb"]}'],
    ['/home: 3'],
  ])('refuses a mirror-dir of %s', (mirrorConfig) => {
    expect(() => plan({ mirrorConfig })).toThrow(BadInput);
  });

  test.each([['{'], ['{"dump":"x; rm"}'], ['{"exclude":["../x"]}'], ['{"exclude":["/a\\n/b"]}']])(
    'refuses a label of %s',
    (label) => {
      expect(() => plan({ containers: [container('running', label)] })).toThrow(BadInput);
    },
  );

  test('a wildcard in a path of a charm means itself', () => {
    const { excludes } = plan({ containers: [container('running', '{"exclude":["/a[1]\\\\b"]}')] });
    expect(excludes).toContain('/srv/datastore/data/db/a\\[1]\\\\b');
  });
});
