import { setTimeout as sleep } from 'node:timers/promises';
import type { Activities, StageInput } from '../../activities/activities.js';
import type { OperationName } from '../../workflows/contract/operations.js';
import type { StartRequest } from '../../client/engine.js';
import type { StartOptions } from '../../client/start-options.js';

/** One run of each kind of workflow, as an operator starts it; its history is kept under this name. */
export interface Scenario {
  operation: OperationName;
  words: string[];
  options?: StartOptions;
  /** Started first, and still running then. */
  beside?: Beside;
}

interface Beside {
  operation: OperationName;
  words: string[];
}

export const slowHost = 'slow.lab';
const slowBackup: Beside = { operation: 'backup', words: [slowHost] };

export const scenarios: Record<string, Scenario | (StartRequest & Pick<Scenario, 'beside'>)> = {
  'vps-setup': { operation: 'vpsSetup', words: ['vps1.lab'], options: { domain: 'www.example.org' } },
  deploy: { operation: 'deploy', words: ['vps1.lab'], options: { domain: 'www.example.org' } },
  'deploy-dry-run': { operation: 'deploy', words: ['vps1.lab'], options: { dryRun: true } },
  up: { operation: 'up', words: ['vps1.lab'] },
  compose: { operation: 'compose', words: ['vps1.lab', 'restart', 'apache'] },
  update: { operation: 'update', words: ['vps1.lab'] },
  cutoff: { operation: 'cutoff', words: ['vps1.lab', '25', '993'] },
  'backup-install': { operation: 'backupInstall', words: ['myadmin@backup.lab:10023', 'vps1.lab'] },
  backup: { operation: 'backup', words: ['vps1.lab'] },
  recover: {
    operation: 'recover',
    words: ['myadmin@backup.lab:10023#vps0.lab', 'vps1.lab'],
    options: { yes: true },
  },
  'recover-dry-run': {
    operation: 'recover',
    words: ['myadmin@backup.lab:10023#vps0.lab', 'vps1.lab'],
    options: { dryRun: true },
  },
  'recover-path': {
    operation: 'recover',
    words: ['myadmin@backup.lab:10023#vps0.lab:/srv/datastore/data/files', 'vps1.lab:/srv/files'],
  },
  'recover-target': { operation: 'recoverTarget', words: ['vps1.lab', '/etc/hosts', '/srv/hosts'] },
  action: { operation: 'action', words: ['vps1.lab', 'odoo', 'save', 'shop'] },
  fleet: { operation: 'deploy', words: ['vps1.lab', 'vps2.lab'] },
  'fleet-waits': {
    operation: 'deploy',
    words: [slowHost, 'vps1.lab'],
    beside: { operation: 'deploy', words: [slowHost] },
  },
  // Started by a Schedule, so it has no words of command.
  'scheduled-backup': {
    workflowType: 'scheduledBackup',
    workflowId: 'schedule/backup/vps1.lab-2026-11-23T02:20:00Z',
    input: { host: 'vps1.lab', ident: 'vps1.lab' },
    searchAttributes: { Host: 'vps1.lab', Operation: 'backup' },
  },
  'scheduled-backup-waits': {
    workflowType: 'scheduledBackup',
    workflowId: `schedule/backup/${slowHost}-2026-11-23T02:20:00Z`,
    input: { host: slowHost, ident: slowHost },
    searchAttributes: { Host: slowHost, Operation: 'backup' },
    beside: slowBackup,
  },
  'recover-waits': {
    operation: 'recover',
    words: [`myadmin@backup.lab:10023#${slowHost}:/srv/datastore/data/files`, 'vps1.lab:/srv/files'],
    beside: slowBackup,
  },
  waiter: {
    operation: 'deploy',
    words: [slowHost],
    options: { wait: true },
    beside: { operation: 'deploy', words: [slowHost] },
  },
};

const stage = { changed: ['wrote /etc/docker/daemon.json'], summary: '1 file' };

/** Activities that say what a host would have, and touch none. */
export const hostless: Partial<Activities> = {
  ensureHostSetUp: () => Promise.resolve({ changed: ['named the host www.example.org'], summary: 'name' }),
  ensureComposeReady: async ({ host }: StageInput) => {
    if (host === slowHost) await sleep(3000);
    return stage;
  },
  ensureCharmsInstalled: () => Promise.resolve(stage),
  planServices: () =>
    Promise.resolve({
      services: [
        { name: 'postgres', charm: 'postgres' },
        { name: 'apache', charm: 'apache' },
      ],
      images: [{ image: 'postgres:17' }, { image: 'myc/cron:1', charm: 'cron' }],
      hooks: [
        { service: 'postgres', charm: 'postgres', hook: 'init', id: 'init', stage: 'before' },
        { service: 'postgres', charm: 'postgres', hook: 'post_deploy', id: 'post_deploy', stage: 'after' },
      ],
      warnings: [],
      rights: [],
      digest: 'digest',
    }),
  ensureImage: () => Promise.resolve({ changed: ['pulled an image'], summary: 'pulled an image' }),
  runHooks: () => Promise.resolve(),
  composeUp: () => Promise.resolve({ changed: ['started postgres'], summary: 'started postgres' }),
  composeAction: () => Promise.resolve({ changed: ['restarted apache'], summary: 'restarted apache' }),
  upgradePackages: () => Promise.resolve({ changed: ['upgraded jq 1.6 -> 1.7'], summary: '1 package' }),
  refreshImages: () => Promise.resolve({ changed: [], summary: '' }),
  ensureCutoff: ({ ports }) =>
    Promise.resolve({
      changed: ports.map((port) => `cut off ${port}`),
      summary: 'cut off',
      ports,
      uncovered: [],
    }),
  probeServices: () => Promise.resolve({ healthy: ['postgres', 'apache'] }),
  describeAction: () => Promise.resolve({ charm: 'odoo', hooks: true }),
  runAction: () =>
    Promise.resolve({ path: '/var/lib/myc-wf/streams/x/output', bytes: 1000, sha256: 'a'.repeat(64) }),
  dropActionInput: () => Promise.resolve(),
  ensureBackupKey: () => Promise.resolve({ ...stage, publicKey: `ssh-ed25519 ${'A'.repeat(68)}` }),
  ensureBackupAccount: () => Promise.resolve(stage),
  ensureBackupSchedule: () => Promise.resolve(stage),
  planBackup: ({ host }) =>
    Promise.resolve({
      ...{ target: 'backup.lab:10023', ident: host === slowHost ? host : 'vps1.lab' },
      ...{ directories: ['/srv/datastore'], databases: ['postgres'], stopped: [] },
    }),
  dumpDatabases: async ({ host }) => {
    if (host === slowHost) await sleep(3000);
    return { databases: 1, bytes: 1000 };
  },
  pushMirror: () => Promise.resolve({ stopped: false, files: 3, bytes: 1000, sent: 1000, deleted: 0 }),
  closeBackup: () => Promise.resolve({ files: 3, bytes: 1000, special: 0, volatile: 0 }),
  inspectBackup: () =>
    Promise.resolve({
      ...{ files: 3, bytes: 1000, changedSince: false },
      manifest: {
        ...{ host: 'vps0.lab', operationId: '20261123T022000Z-abcdef', listing: 'b'.repeat(64) },
        ...{ completedAt: '2026-11-23T02:21:00Z', directories: ['/srv/datastore'], services: ['postgres'] },
        ...{ images: ['postgres:17'], databaseImages: ['postgres:17'] },
        ...{ databases: ['postgres'], volatile: 0 },
      },
    }),
  checkDestination: () => Promise.resolve({ empty: true }),
  pauseBackups: () => Promise.resolve({ paused: ['vps0.lab'] }),
  ensureStage: () => Promise.resolve({ ...stage, publicKey: `ssh-ed25519 ${'A'.repeat(68)}` }),
  requestRestoreKey: () => Promise.resolve({ user: 'b-vps0' }),
  pullBackup: () => Promise.resolve({ files: 3, bytes: 1000 }),
  verifyStage: () => Promise.resolve({ files: 3, bytes: 1000 }),
  pullImage: () => Promise.resolve({ changed: ['pulled an image'], summary: 'pulled an image' }),
  swapData: () => Promise.resolve(),
  restoreDatabases: () => Promise.resolve({ databases: 1 }),
  withdrawPushKeys: () => Promise.resolve({ withdrawn: 1 }),
  withdrawRestoreKey: () => Promise.resolve(),
  finishRestore: () => Promise.resolve(),
};
