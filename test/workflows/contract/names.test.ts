import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { BadInput } from '../../../workflows/contract/bad-input.js';
import {
  parseAbsolutePath,
  parseCharmName,
  parseDomainName,
  parseHostName,
  parseIdent,
  parseOperationId,
  parsePort,
  parseServiceName,
  parseUserName,
  parseActionArguments,
  parseActionName,
} from '../../../workflows/contract/names.js';

const parsers = {
  parseActionName,
  parseHostName,
  parseDomainName,
  parseServiceName,
  parseCharmName,
  parseUserName,
  parseIdent,
  parseAbsolutePath,
  parseOperationId,
  parsePort,
};

const hostile = [
  '',
  '-rf',
  '--help',
  'a;reboot',
  'a b',
  'a\nb',
  'a\u0000b',
  '$(id)',
  '`id`',
  'a|b',
  'a&b',
  "a'b",
  'a"b',
  '../etc',
  '/srv/../etc',
  '/srv//x',
  '/srv/./x',
  '/srv/a\nb',
  'a*',
  '~root',
  null,
  undefined,
  {},
  ['vps1'],
  NaN,
];

describe('every name parser', () => {
  for (const [name, parse] of Object.entries(parsers))
    it.each(hostile)(`${name} refuses %j with what is wrong and what to write`, (value) => {
      expect(() => parse(value)).toThrow(BadInput);
    });

  it('never lets a shell metacharacter, a control character or a leading dash through', () => {
    const named = [
      parseHostName,
      parseDomainName,
      parseServiceName,
      parseCharmName,
      parseUserName,
      parseIdent,
      parseActionName,
    ];
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.constantFrom(...named), (text, parse) => {
        try {
          expect(parse(text)).toMatch(/^[A-Za-z0-9_:][A-Za-z0-9_.:/-]*$/);
        } catch (error) {
          expect(error).toBeInstanceOf(BadInput);
        }
      }),
      { numRuns: 5000 },
    );
  });
});

describe('what people write is accepted as it is', () => {
  it.each(['vps1', 'vps1.lab', 'core-06.0k.io', '172.30.77.11', '2001:db8::1'])('host %s', (name) => {
    expect(parseHostName(name)).toBe(name);
  });
  it('a path loses its trailing slash, and keeps blanks and letters of any script', () => {
    expect(parseAbsolutePath('/srv/datastore/data/')).toBe('/srv/datastore/data');
    expect(parseAbsolutePath('/srv/Été à la mer')).toBe('/srv/Été à la mer');
    expect(parseAbsolutePath('/')).toBe('/');
  });
  it('a domain is a service name', () => {
    expect(parseServiceName('www.mydomain.org')).toBe('www.mydomain.org');
  });
  it('a charm may stand in a sub-folder', () => {
    expect(parseCharmName('mail/smtp-stub')).toBe('mail/smtp-stub');
    expect(() => parseCharmName('mail//stub')).toThrow(BadInput);
  });
});

test('arguments of an action are words as they are, bounded, without control characters', () => {
  const words = ['--neutralize', "it's; $(id)", '', 'é', '-n'];
  expect(parseActionArguments(words)).toEqual(words);
  for (const wrong of [['a\nb'], ['a\u0000'], [1], ['a'.repeat(4097)], Array(101).fill('a'), 'save', null])
    expect(() => parseActionArguments(wrong)).toThrow(BadInput);
});
