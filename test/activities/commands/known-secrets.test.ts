import { expect, test } from 'vitest';
import { masked, secretsIn, secretsInText } from '../../../activities/commands/known-secrets.js';

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

test('the password of an address is one, wherever it stands; a user alone is none', () => {
  const url = [
    'postgres://shop:canary-4@db/shop',
    'https://ghp_0123456789abcdef@git.lab/x',
    'ssh://git@git.lab/x',
  ];
  expect(secretsIn({ url })).toEqual(['canary-4', 'ghp_0123456789abcdef']);
});

test('of a text in YAML, whatever its tags; of what cannot be read none, and nothing is said', () => {
  expect(secretsInText('web: !x {options: {token: !var-expand canary-5}}\n')).toEqual(['canary-5']);
  expect(secretsInText('{"password":"canary-6"}')).toEqual(['canary-6']);
  expect(secretsInText('')).toEqual([]);
});
