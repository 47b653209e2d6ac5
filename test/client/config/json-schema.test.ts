import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { schemaFile, schemaText } from '../../setup/config-schema.js';

test('docs/config.schema.json is what the configuration is checked against', async () => {
  // Not so any more? npx tsx test/setup/config-schema.ts
  expect(await readFile(schemaFile, 'utf8')).toBe(await schemaText());
});

test('a key that is not known is wrong there too, and what is not plain from its name is described', async () => {
  const { properties } = JSON.parse(await schemaText()) as { properties: Record<string, unknown> };
  expect(Object.keys(properties)).toContain('hosts');
  expect(JSON.stringify(properties)).toContain('Pinned host keys, one');
  expect(JSON.parse(await schemaText())).toMatchObject({ additionalProperties: false });
});
