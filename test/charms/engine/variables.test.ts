import { describe, expect, it, test } from 'vitest';
import { expanded } from '../../../charms/engine/variables.js';
import { parseYaml } from '../../../charms/engine/yaml.js';

const value = (text: string): unknown =>
  expanded(parseYaml(text, 'metadata.yml', { varExpand: true }).value, { NAME: 'site', DIR: '/srv/a' });

describe('!var-expand', () => {
  it.each([
    ['a: !var-expand ${NAME}:80', { a: 'site:80' }],
    ['a: !var-expand "$NAME/$DIR"', { a: 'site//srv/a' }],
    ["a: !var-expand '\\$NAME \\\\ $ $1 %{X}'", { a: '$NAME \\ $ $1 %{X}' }],
    ['a: !var-expand ["$NAME", 7, yes]', { a: ['site', 7, true] }],
    ['a: !var-expand\n  "${NAME}_k": {b: ["$DIR"]}', { a: { site_k: { b: ['/srv/a'] } } }],
    ['a: &x !var-expand $NAME\nb: *x', { a: 'site', b: 'site' }],
    ['a: $NAME', { a: '$NAME' }],
  ])('%j', (text, expected) => expect(value(text)).toEqual(expected));

  it('stands before a block scalar in a list, as published charms have it', () => {
    const rules =
      'rules:\n  - !var-expand |\n    RewriteRule /(.*)\\$ ws://${NAME}:80/\\$1 [P,L]\n    RewriteRule x$ y\n';
    expect(value(rules)).toEqual({ rules: ['RewriteRule /(.*)$ ws://site:80/$1 [P,L]\nRewriteRule x$ y\n'] });
  });

  it('names the place of a variable it does not know, and what there is', () => {
    expect(() => value('a:\n  - !var-expand ${NAMME}\n')).toThrow(
      /^metadata\.yml:2:17: .*"NAMME" here; write one of: NAME; write \\\$ for a dollar sign/,
    );
  });
});

test('a file that is no charm nor compose.yml does not know the tag', () => {
  expect(() => parseYaml('a: !var-expand $X\n', 'config.yml')).toThrow('config.yml:1:4');
});
