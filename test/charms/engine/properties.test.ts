import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseComposeFile } from '../../../charms/engine/compose-file.js';
import { mergeMappings } from '../../../charms/engine/merge.js';
import type { Charm } from '../../../charms/engine/charm.js';
import { parseMetadata, usesOf } from '../../../charms/engine/metadata.js';
import { YamlError } from '../../../charms/engine/problem.js';
import { type Plan, plan } from '../../../charms/engine/render.js';
import { writeDockerCompose } from '../../../charms/engine/write.js';
import { parseYaml } from '../../../charms/engine/yaml.js';
import { parseCharmName } from '../../../workflows/contract/names.js';
import { charm, planWith } from './house.js';

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
  metadata: parseMetadata('docker-image: x\nprovides: {uses: }\n', 'm'),
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

/** Charms c0…c9: each provides r0…r9 of its number and may use those of charms after it, so never in a circle. */
const use = fc.record({
  constraint: fc.constantFrom('required', 'recommended', 'optional'),
  auto: fc.constantFrom('pair', 'summon', 'none'),
  'default-options': fc.dictionary(key, fc.oneof(fc.string(), fc.array(fc.string(), { maxLength: 2 })), {
    maxKeys: 2,
  }),
});
const repository = fc
  .array(fc.dictionary(fc.nat(9).map(String), use, { maxKeys: 4 }), { minLength: 10, maxLength: 10 })
  .map((rows) =>
    rows.map((row, from) => {
      const uses = Object.entries(row).filter(([to]) => Number(to) > from);
      const metadata = {
        'docker-image': `image:${from}`,
        provides: { [`r${from}`]: null },
        uses: Object.fromEntries(uses.map(([to, how]) => [`r${to}`, how])),
      };
      const hooks = ['init', ...uses.map(([to]) => `r${to}-relation-joined`), `r${from}-relation-joined`];
      return charm(`c${from}`, JSON.stringify(metadata), hooks);
    }),
  );
const written = fc
  .uniqueArray(fc.nat(9), { minLength: 1, maxLength: 6 })
  .map((numbers) => numbers.map((n) => `c${n}`));
const short = (names: readonly string[]): string => names.map((name) => `${name}:\n`).join('');
/** The same plan, everything written by hand. */
const explicit = (names: readonly string[], { services }: Plan): string => {
  const added = services.filter(({ summoned }) => summoned).map(({ name }) => name);
  const body = (wanted: string): unknown => {
    const found = services.find(({ name }) => name === wanted);
    const none = [...usesOf(charmOf(wanted, services)).keys()].map((relation) => [relation, []]);
    const pairs = found?.relations.map(({ name, target, options }) => [name, { [target]: options }]);
    return { relations: Object.fromEntries([...none, ...(pairs ?? [])]) as unknown };
  };
  return JSON.stringify(Object.fromEntries([...names, ...added].map((name) => [name, body(name)])));
};
let charms: readonly Charm[] = [];
const charmOf = (wanted: string, services: Plan['services']): Charm['metadata'] => {
  const of = services.find(({ name }) => name === wanted)?.charm;
  return charms.find(({ name }) => name === of)?.metadata ?? any.metadata;
};

describe('relations that the engine makes', () => {
  const resolved = (names: readonly string[]): Plan | undefined => {
    try {
      return planWith(charms, short(names));
    } catch (error) {
      // A need that nothing meets, or two: refused every time.
      expect(error).toBeInstanceOf(YamlError);
      expect(() => planWith(charms, short(names))).toThrow((error as Error).message);
      return undefined;
    }
  };
  const always = (check: (plan: Plan, names: readonly string[]) => void): void =>
    fc.assert(
      fc.property(repository, written, (house, names) => {
        charms = house;
        const plan = resolved(names);
        if (plan !== undefined) check(plan, names);
      }),
      { numRuns: 300 },
    );

  it('are the same every time, and go to a service that is started before', () =>
    always((plan, names) => {
      expect(JSON.stringify(planWith(charms, short(names)))).toBe(JSON.stringify(plan));
      const order = plan.services.map(({ name }) => name);
      for (const { name, relations } of plan.services)
        for (const { target } of relations) expect(order.indexOf(target)).toBeLessThan(order.indexOf(name));
      const joined = plan.hooks.filter(({ relation }) => relation !== undefined);
      joined.forEach(({ service, relation }, at) => {
        if (service === relation?.base)
          expect(joined[at - 1]).toMatchObject({ service: relation.target, relation });
      });
    }));

  it('written by hand give the same docker-compose.yml and hooks, and then leave nothing to make', () =>
    always((plan, names) => {
      const again = planWith(charms, explicit(names, plan));
      expect(writeDockerCompose(again.dockerCompose)).toBe(writeDockerCompose(plan.dockerCompose));
      expect(again.hooks).toEqual(plan.hooks);
      expect(again.services.flatMap(({ relations }) => relations.map(({ origin }) => origin))).not.toContain(
        'paired',
      );
      expect(again.services.filter(({ summoned }) => summoned)).toEqual([]);
    }));

  it('in circles or not: refused, or every firm one goes to a service that is started before', () => {
    const anyUse = fc.dictionary(fc.nat(5).map(String), use, { maxKeys: 3 });
    fc.assert(
      fc.property(fc.array(anyUse, { minLength: 6, maxLength: 6 }), (rows) => {
        const house = rows.map((row, from) => {
          const uses = Object.fromEntries(Object.entries(row).map(([to, how]) => [`r${to}`, how]));
          return charm(`c${from}`, JSON.stringify({ type: 'stub', provides: { [`r${from}`]: null }, uses }));
        });
        const text = short(house.map(({ name }) => name));
        try {
          const { services } = planWith(house, text);
          const order = services.map(({ name }) => name);
          for (const { name, charm: of, relations } of services)
            for (const { name: relation, target } of relations)
              if (
                usesOf(house.find((one) => one.name === of)!.metadata).get(relation)?.constraint ===
                'required'
              )
                expect(order.indexOf(target)).toBeLessThan(order.indexOf(name));
        } catch (error) {
          expect(error).toBeInstanceOf(YamlError);
        }
      }),
      { numRuns: 300 },
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
