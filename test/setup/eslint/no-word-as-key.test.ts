import path from 'node:path';
import { ESLint } from 'eslint';
import { describe, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../../..');

/** What the project's own configuration says of this text, as if it stood in a file of the client. */
async function findings(code: string): Promise<string[]> {
  const eslint = new ESLint({ cwd: root });
  const [result] = await eslint.lintText(code, { filePath: path.join(root, 'client/errors.ts') });
  return (result?.messages ?? []).flatMap(({ ruleId, line }) =>
    ruleId === 'myc-wf/no-word-as-key' ? [`line ${line}`] : [],
  );
}

describe('a plain object that is indexed by any word', () => {
  test('is found, however it is read', async () => {
    const code = [
      'export const table: Record<string, string> = {};',
      'export const typed: { a?: string; b?: string } = {};',
      "type HostName = string & { readonly __brand: 'HostName' };",
      'export const byWord = (word: string) => table[word];',
      'export const byName = (name: HostName, config: { hosts?: typeof table }) => config.hosts?.[name];',
      'export const byPrefix = (word: string) => table[`host/${word}`];',
      'export const byCast = (word: string) => typed[word as keyof typeof typed];',
      'export const bound = <K extends string>(word: K) => table[word];',
      'export const isIn = (word: string) => word in table;',
      "export const isHeld = (word: string): unknown => Reflect.get(table, word) ?? Reflect.has(table, 'a');",
      'export function write(word: string) { table[word] = word; }',
      'export function take(word: string) { const { [word]: found } = table; return found; }',
      'export const env = (word: string) => process.env[word];',
    ].join('\n');
    expect(await findings(code)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13].map((line) => `line ${line}`));
  });

  test('is not confused with a Map, a list, a key of the program, or a look before', async () => {
    const code = [
      'export const table = { a: 1, b: 2 };',
      'export const byKey = (key: keyof typeof table) => table[key];',
      'export const byNumber = (list: readonly string[], at: number) => list[at];',
      'export const byGroup = (found: RegExpExecArray) => found[1];',
      'export const fromMap = (map: ReadonlyMap<string, string>, word: string) => map.get(word);',
      'export const has = (word: string) => Object.hasOwn(table, word);',
      'export const made = (word: string) => ({ [word]: 1 });',
      'export function drop(all: Record<string, string>, word: string) { delete all[word]; }',
    ].join('\n');
    expect(await findings(code)).toEqual([]);
  });
});
