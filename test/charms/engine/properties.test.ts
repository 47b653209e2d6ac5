import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseComposeFile } from '../../../charms/engine/compose-file.js';
import { mergeMappings } from '../../../charms/engine/merge.js';
import { parseMetadata } from '../../../charms/engine/metadata.js';
import { YamlError } from '../../../charms/engine/problem.js';
import { plan } from '../../../charms/engine/render.js';
import { writeDockerCompose } from '../../../charms/engine/write.js';
import { parseYaml } from '../../../charms/engine/yaml.js';
import { parseCharmName } from '../../../workflows/contract/names.js';

const key = fc.stringMatching(/^[a-z]{1,4}$/);
const tree = fc.letrec<{ mapping: Record<string, unknown>; value: unknown }>((tie) => ({
  mapping: fc.dictionary(key, tie('value'), { maxKeys: 4 }),
  value: fc.oneof({ maxDepth: 3 }, fc.string(), fc.integer(), fc.uniqueArray(fc.integer()), tie('mapping')),
})).mapping;

/** Services s0…sN, each with relations to services after it, so never in a circle. */
const composeText = fc
  .array(fc.array(fc.nat(9), { maxLength: 3 }), { minLength: 1, maxLength: 8 })
  .map((rows) =>
    Object.fromEntries(
      rows.map((row, from) => {
        const to = row.map((n) => n % rows.length).filter((n) => n > from);
        return [`s${from}`, { charm: 'any', relations: { uses: [...new Set(to)].map((n) => `s${n}`) } }];
      }),
    ),
  );
const any = {
  name: parseCharmName('any'),
  repository: 'house',
  metadata: parseMetadata('docker-image: x\n', 'm'),
  hooks: ['init'],
};
const planOf = (content: unknown): ReturnType<typeof plan> =>
  plan({
    composeFile: parseComposeFile(JSON.stringify(content), 'compose.yml'),
    charms: [any],
    project: 'myc',
    datastore: '/srv/datastore',
  });

describe('merge', () => {
  it('of the same thing again changes nothing, and leaves its arguments alone', () => {
    fc.assert(
      fc.property(tree, tree, (base, over) => {
        const before = JSON.stringify([base, over]);
        const once = mergeMappings(base, over);
        expect(mergeMappings(once, over)).toEqual(once);
        expect(mergeMappings(base, {})).toEqual(base);
        expect(JSON.stringify([base, over])).toBe(before);
      }),
    );
  });
});

describe('plan', () => {
  it('is the same text every time, with each provider before its users and every service once', () => {
    fc.assert(
      fc.property(composeText, (content) => {
        const first = planOf(content);
        expect(JSON.stringify(planOf(content))).toBe(JSON.stringify(first));
        expect(writeDockerCompose(first.dockerCompose)).toBe(
          writeDockerCompose(planOf(content).dockerCompose),
        );
        const names = first.services.map(({ name }) => name);
        expect([...names].sort()).toEqual(Object.keys(content).sort());
        for (const { name, relations } of first.services)
          for (const { target } of relations) expect(names.indexOf(target)).toBeLessThan(names.indexOf(name));
        expect(first.hooks.map(({ service }) => service)).toEqual(names);
      }),
    );
  });

  it('keeps the order of compose.yml where nothing relates', () => {
    fc.assert(
      fc.property(fc.uniqueArray(key, { minLength: 1 }), (names) => {
        const content = Object.fromEntries(names.map((name) => [name, { charm: 'any' }]));
        expect(planOf(content).services.map(({ name }) => name)).toEqual(names);
      }),
    );
  });
});

describe('any text at all', () => {
  const piece = fc.constantFrom(
    'a',
    ': ',
    '\n',
    '  ',
    '- ',
    '[',
    ']',
    '{',
    '}',
    '&x ',
    '*x',
    '<<',
    '!!t ',
    '"',
    "'",
    '|',
    '#',
    '? ',
    '%',
    '\t',
    '---\n',
    '\u0000',
    ',',
  );
  it('is a value or a YamlError with a place, never another failure', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 60 }).map((parts) => parts.join('')),
        ),
        (text) => {
          try {
            parseYaml(text, 'f.yml');
          } catch (error) {
            expect(error).toBeInstanceOf(YamlError);
            for (const { line, column, next } of (error as YamlError).problems) {
              expect(line).toBeGreaterThanOrEqual(1);
              expect(column).toBeGreaterThanOrEqual(1);
              expect(next).not.toBe('');
            }
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
