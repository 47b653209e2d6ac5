import { expect, test } from 'vitest';
import { renderMasked } from '../../../charms/engine/index.js';

const problem = (excerpt: string, column: number) =>
  renderMasked({ file: 'compose.yml', line: 3, column, message: 'is wrong', next: 'correct it', excerpt });

test('the line keeps its keys and its columns, and loses what may be a secret', () => {
  expect(problem('    password: "s3cret: 7"', 15)).toBe(
    'compose.yml:3:15: is wrong\n3 |     password: "******: *"\n                  ^\n  correct it',
  );
  expect(problem('  - ssh-ed25519 AAAA me', 5)).toContain('3 |   - ***-******* **** **');
  expect(problem('postgress', 1)).toContain('3 | *********');
});

test("a charm's name is no secret", () => {
  expect(problem('  charm: apachee', 3)).toContain('3 |   charm: apachee');
});
