import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  printableJson,
  printableLine,
  printableLogLine,
  printableText,
} from '../../../workflows/contract/printable.js';

/** Controls, what reorders a line or has no width, by Unicode's own classes; of these a text has newline and tab. */
const steers = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const bare = (text: string): string => text.replace(/[\n\t]/g, '');

const forms = {
  'clipboard, with BEL': '\u001b]52;c;ZXZpbA==\u0007',
  'clipboard, with ST': '\u001b]52;c;ZXZpbA==\u001b\\',
  'clipboard, 8-bit': '\u009d52;c;ZXZpbA==\u009c',
  'a clear screen': '\u001b[2J\u001b[H',
  'a clear screen, 8-bit': '\u009b2J',
  'a device control string': '\u001bP+q544e\u001b\\',
  'an application command': '\u001b_Gf=24\u001b\\',
  'a privacy message': '\u001b^x\u001b\\',
  'a start of string': '\u001bXx\u001b\\',
  'another character set': '\u001b(0lqk',
  'a full reset': '\u001bc',
  'an answer to the terminal': '\u001b[6n\u001b[>c',
  'a sequence in a sequence': '\u001b\u001b[m[2J\u001b[31\u001b[m2J',
  'a sequence that does not end': '\u001b]0;',
  'an overwrite': 'failed\rdone  ',
  backspaces: 'rm -rf\u0008\u0008\u0008\u0008\u0008\u0008ls    ',
  'reordered text': 'a\u202egpj.exe\u2066x\u2069',
  'line separators': 'a\u2028b\u2029c\u0085d\u000be\u000cf',
  'text without a width': 'pay\u200bpal\u200c\u200d\u2060\ufeff\u00ad',
  tags: '\u{e0041}\u{e007f}',
  'NUL and DEL': 'a\u0000b\u007fc',
};

describe('nothing steers a terminal', () => {
  test.each(Object.entries(forms))('%s', (_, text) => {
    for (const print of [printableText, printableLine, printableLogLine])
      expect(bare(print(`before ${text} after`))).not.toMatch(steers);
    expect(printableText(`before ${text} after`)).toMatch(/^before .* after$/);
    const json = printableJson({ text });
    expect(json).not.toMatch(steers);
    expect(JSON.parse(json)).toEqual({ text });
  });

  test('in any text of any characters, cut anywhere', () => {
    const parts = fc.constantFrom(
      ...Object.values(forms),
      'text',
      '\n',
      '\t',
      'é',
      '漢',
      '🙂',
      '[2J',
      '\u001b',
    );
    const anything = fc.array(fc.oneof(parts, fc.string({ unit: 'binary' }))).map((all) => all.join(''));
    fc.assert(
      fc.property(anything, fc.nat(), (text, at) => {
        const [first, second] = [text.slice(0, at % (text.length + 1)), text.slice(at % (text.length + 1))];
        for (const print of [printableText, printableLine, printableLogLine])
          expect(bare(print(first) + print(second))).not.toMatch(steers);
        // What comes out goes through once more unchanged.
        expect(printableText(printableText(text))).toBe(printableText(text));
        expect(JSON.parse(printableJson([text]))).toEqual([text]);
      }),
      { numRuns: 500 },
    );
  });
});

test('what stands there is shown, and what people write stays', () => {
  const plain = 'Größe 12 µs ✔ 漢字 🙂 "a\\x1bb"\n\t- ü';
  expect(printableText(plain)).toBe(plain);
  expect(printableText('a\r\nb')).toBe('a\nb');
  expect(printableText('\u001b[1;31mred\u001b[0m \u001b]52;c;YQ==\u0007 \u202eabc \u009b2J')).toBe(
    'red \\x1b]52;c;YQ==\\x07 \\u202eabc \\u009b2J',
  );
  expect(printableLine('a\nb\tc')).toBe('a\\x0ab\\x09c');
  expect(printableLogLine('10 %\r100 %\r')).toBe('100 %');
  expect(printableLogLine('\u001b]0;title\u0007\u001bP1;2|x\u001b\\\u001b(Bsaid')).toBe('said');
});
