import { describe, expect, it } from 'vitest';
import { YamlError, renderProblem } from '../../../charms/engine/problem.js';
import { parseYaml } from '../../../charms/engine/yaml.js';

function failure(text: string): YamlError {
  try {
    parseYaml(text, 'compose.yml');
  } catch (error) {
    if (error instanceof YamlError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
const value = (text: string): unknown => parseYaml(text, 'compose.yml').value;

describe('YAML that people write', () => {
  it('keeps yes and no, merge keys and octal modes as YAML 1.1 has them', () => {
    expect(value('base: &b {a: yes, c: 1}\nuse:\n  <<: *b\n  c: 2\nmode: 0644\n')).toEqual({
      base: { a: true, c: 1 },
      use: { a: true, c: 2 },
      mode: 0o644,
    });
  });

  it('leaves a y or an n as text, as the seed and Docker Compose do', () => {
    expect(value('axes: {x: y}\nanswer: n\nshout: Y\non: on\n')).toEqual({
      axes: { x: 'y' },
      answer: 'n',
      shout: 'Y',
      on: true,
    });
  });

  it('leaves ports and dates as text', () => {
    expect(value('ports: [22:22, 10:23:59]\nday: 2026-11-23\n')).toEqual({
      ports: ['22:22', '10:23:59'],
      day: '2026-11-23',
    });
  });

  it('finds the place of a key, an item and of the parent of what is missing', () => {
    const parsed = parseYaml('a:\n  b:\n    - x\n    - y\n', 'f.yml');
    expect(parsed.locate(['a', 'b'])).toEqual({ line: 2, column: 3 });
    expect(parsed.locate(['a', 'b', 1])).toEqual({ line: 4, column: 7 });
    expect(parsed.locate(['a', 'c', 'd'])).toEqual({ line: 1, column: 1 });
  });
});

describe('YAML that is large', () => {
  it('is read in time that grows with it: a mapping of 100,000 keys', () => {
    const text = Array.from({ length: 100_000 }, (_, n) => `k${n}:`).join('\n');
    expect(Object.keys(value(text) as object)).toHaveLength(100_000);
    expect(failure(`${text}\nk5:\n`).problems[0]).toMatchObject({ line: 100_001, column: 1 });
  }, 20_000);
});

describe('YAML that is refused', () => {
  it('shows a duplicate key with file, line, column and caret', () => {
    const [problem] = failure('apache:\n  charm: apache\n  charm: odoo\n').problems;
    expect(problem).toMatchObject({ file: 'compose.yml', line: 3, column: 3, next: 'keep one of the two' });
    const [head, line, caret] = renderProblem(problem as NonNullable<typeof problem>).split('\n');
    expect(head).toMatch(/^compose\.yml:3:3: /);
    expect(line).toBe('3 |   charm: odoo');
    expect(caret).toBe('      ^');
  });

  it('keeps the line of the file out of the message', () => {
    expect(failure('password: s3cret-canary\npassword: s3cret-canary\n').message).not.toContain('canary');
  });

  const laughs = Array.from({ length: 12 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n},`.repeat(9)}]`);
  const big = `big: &b {${Array.from({ length: 3000 }, (_, n) => `k${n}: 1`).join(', ')}}\n`;
  const doubling = Array.from({ length: 40 }, (_, n) =>
    n === 0 ? 'm0: &m0 {a: 1, b: 2}' : `m${n}: &m${n} {k${n}: 1, <<: [*m${n - 1}, *m${n - 1}]}`,
  ).join('\n');
  it.each([
    ['an alias bomb', ['a0: &a0 [x,x,x]', ...laughs].join('\n'), /alias/],
    ['a merge bomb', `${big}all:\n${'  - <<: *b\n'.repeat(190)}`, /merge keys copy/],
    ['a merge that doubles', doubling, /merge keys copy/],
    ['more aliases than anyone writes', `a: &a 1\nb: [${'*a,'.repeat(1000)}]`, /aliases/],
    ['a million brackets', '['.repeat(1_000_000), /nested/],
    ['nested mappings in flow', '{a: '.repeat(10_000), /nested/],
    ['nested lists on one line', '- '.repeat(10_000), /nested/],
    ['deep blocks', Array.from({ length: 200 }, (_, n) => `${' '.repeat(n)}k:`).join('\n'), /nested/],
    ['a file of 10 MB', 'a: b\n'.repeat(2_000_000), /larger than 1 MiB/],
    ['two documents', 'a: 1\n---\nb: 2\n', /documents/],
    ['a tag nobody knows', 'a: !!python/object:os.system x\n', /tag/i],
    ['an alias of nothing', 'a: *nothing\n', /alias/i],
    ['a key that reaches a prototype', '__proto__: {a: 1}\n', /__proto__/],
    ['an alias that holds itself', 'a: &a [*a]\n', /nested|alias|values/i],
  ])('refuses %s', (_name, text, message) => {
    expect(failure(text).message).toMatch(message);
  });
});
