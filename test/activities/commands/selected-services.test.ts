import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { selectServices } from '../../../activities/commands/selected-services.js';
import { parseComposeFile, plan } from '../../../charms/engine/index.js';
import { loadCharms } from '../../../charms/engine/loader.js';

const text =
  'web:\n  charm: apache\n  relations:\n    postgres-database: db\ndb:\n  charm: postgres\ncron:\n';
const all = plan({
  composeFile: parseComposeFile(text, 'compose.yml'),
  charms: loadCharms(fileURLToPath(new URL('../../../charms', import.meta.url)), 'myc'),
  project: 'myc',
  datastore: '/srv/datastore',
});
const names = (selected: readonly string[] | undefined) =>
  selectServices(all, selected, 'compose.yml').services.map(({ name }) => name);

test('without names all are selected', () => {
  expect(names(undefined)).toEqual(['db', 'web', 'cron']);
  expect(names([])).toEqual(['db', 'web', 'cron']);
});

test('a service brings those it has relations to, their hooks and their images', () => {
  const selected = selectServices(all, ['web'], 'compose.yml');
  expect(selected.services.map(({ name }) => name)).toEqual(['db', 'web']);
  expect(selected.hooks.map(({ service, hook }) => `${service} ${hook}`)).toEqual([
    'db init',
    'web init',
    'db postgres_database-relation-joined',
  ]);
  expect(selected.images).toEqual({ pull: ['postgres:17', 'httpd:2.4'], build: [] });
  expect(selectServices(all, ['cron'], 'compose.yml').images.build).toHaveLength(1);
});

test('docker-compose.yml stays whole, so that the others are no orphans', () => {
  expect(Object.keys(selectServices(all, ['cron'], 'x').dockerCompose.services)).toEqual([
    'cron',
    'db',
    'web',
  ]);
});

test('a name that is none is refused with what to write', () => {
  expect(() => names(['wep'])).toThrow('compose.yml has no service "wep"; write one of: web');
});
