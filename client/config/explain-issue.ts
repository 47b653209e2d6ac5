import type { z } from 'zod';
import { ownValue } from '../../workflows/contract/own-value.js';

type Issue = z.core.$ZodIssue;

export interface Explained {
  path: readonly PropertyKey[];
  /** The caret goes under the key, not under its value. */
  onKey: boolean;
  what: string;
  next: string;
}

/** A zod issue in the operator's words. */
export function explainIssue(issue: Issue, data: unknown): Explained {
  const key = String(issue.path.at(-1) ?? 'the file');
  if (issue.code === 'unrecognized_keys') {
    const unknown = issue.keys[0] ?? '';
    return {
      path: [...issue.path, unknown],
      onKey: true,
      what: `"${unknown}" is not a key here`,
      next: 'remove it; docs/config.schema.json lists the keys',
    };
  }
  if (issue.code === 'invalid_type') return wrongType(issue.path, key, issue.expected, at(data, issue.path));
  const what =
    issue.code === 'too_small' || issue.code === 'too_big' ? issue.message : `${key}: ${issue.message}`;
  return { path: issue.path, onKey: false, what, next: `write another value for ${key}` };
}

function wrongType(path: readonly PropertyKey[], key: string, expected: string, value: unknown): Explained {
  if (value === undefined) {
    return { path, onKey: true, what: `"${key}" is missing`, next: `write "${key}: …" (${named(expected)})` };
  }
  const what = `${key} is ${kindOf(value)}, not ${named(expected)}`;
  return { path, onKey: false, what, next: remedy(key, expected) };
}

function remedy(key: string, expected: string): string {
  if (expected === 'array') return `write a list: one "- …" a line under ${key}`;
  if (expected === 'object' || expected === 'record')
    return `write "key: value" lines, indented, under ${key}`;
  if (expected === 'string') return `put it in quotes: ${key}: "…"`;
  return `write ${key}: ${named(expected)}`;
}

const names: Record<string, string> = {
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};
const named = (type: string): string => ownValue(names, type) ?? type;

function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  return named(typeof value);
}

function at(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null
        ? ownValue(value as Record<string, unknown>, String(key))
        : undefined,
    data,
  );
}
