import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commandLine, shellQuote } from '../../../activities/commands/quote.js';

const nasty = [
  '',
  ' ',
  "it's",
  "'",
  "''\\''",
  '"$HOME"',
  '$(touch /tmp/x)',
  '`id`',
  '\\',
  'a\nb',
  '\n',
  '\r\t',
  '!!',
  '*',
  '~',
  '~root',
  'A=b',
  '=ls',
  '-n',
  '#x',
  '{a,b}',
  'é漢😀',
  ';|&<>()',
];

/** What a program started by that shell line is given. */
function argumentsSeenBy(shell: string, argv: string[]): string[] {
  const out = execFileSync(shell, ['-c', commandLine(['printf', '%s\\0', ...argv])]);
  return out.toString('utf8').split('\0').slice(0, -1);
}

describe.each(['sh', 'bash', 'dash'])('a line read by %s', (shell) => {
  test('gives back every awkward argument', () => {
    expect(argumentsSeenBy(shell, nasty)).toEqual(nasty);
  });

  test('gives back any text', () => {
    const word = fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0'));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (argv) => {
        expect(argumentsSeenBy(shell, argv)).toEqual(argv);
      }),
      { numRuns: 50 },
    );
  });

  test('does not take a program for an assignment', () => {
    expect(() => execFileSync(shell, ['-c', commandLine(['A=b'])], { stdio: 'pipe' })).toThrow(/not found/);
  });
});

test('ordinary words stay readable', () => {
  expect(commandLine(['docker', 'pull', 'library/postgres:17', '--quiet'])).toBe(
    'docker pull library/postgres:17 --quiet',
  );
});

test('a NUL character is refused', () => {
  expect(() => shellQuote('a\0b')).toThrow(/NUL/);
});

test('an empty command is refused', () => {
  expect(() => commandLine([])).toThrow(/empty command/);
});
