import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { metadataKeys as keysOfSchema } from '../../charms/engine/metadata.js';
import { docFile, docText, helpers, metadataKeys } from '../setup/charms-doc.js';

test('docs/charms.md is what the reference and the helpers come to (npx tsx test/setup/charms-doc.ts writes it)', async () => {
  expect(readFileSync(docFile, 'utf8')).toBe(await docText());
});

test('it has every key that metadata.yml may have and every helper that hooks find, each with what it does', () => {
  const text = readFileSync(docFile, 'utf8');
  expect(
    metadataKeys()
      .map(({ name }) => name)
      .sort(),
  ).toEqual([...keysOfSchema].sort());
  for (const { name, about, example } of metadataKeys()) {
    expect(about, name).not.toBe('');
    expect(text).toContain(`### \`${name}\``);
    expect(text).toContain(example);
  }
  expect(helpers().length).toBeGreaterThan(10);
  for (const { name } of helpers()) expect(text).toContain(`- \`${name}\`: `);
});
