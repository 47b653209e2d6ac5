import { expect, test } from 'vitest';
import { masked, secretsIn } from '../../../activities/commands/known-secrets.js';

test('secrets are told by the name they stand under', () => {
  const options = {
    title: 'a page',
    'admin-password': 'canary-1',
    nested: { API_TOKEN: 'canary-2', keys: ['public'] },
    environment: ['LANG=C.UTF-8', 'DB_PASSWORD=canary=3', 'DB_PASSWORD_FILE=/run/secrets/db'],
    port: 80,
    secret: 'abc',
  };
  expect(secretsIn(options)).toEqual(['canary-1', 'canary-2', 'canary=3']);
  expect(secretsIn(null)).toEqual([]);
});

test('a secret leaves no rest, also inside another and over several lines', () => {
  expect(masked('a canary-1-long and canary-1', ['canary-1', 'canary-1-long'])).toBe('a *** and ***');
  expect(masked('line: MIIEpAIB', ['-----BEGIN\nMIIEpAIB\nend'])).toBe('line: ***');
  expect(masked('nothing', [''])).toBe('nothing');
});
