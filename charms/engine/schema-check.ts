import type { z } from 'zod';
import { BadInput } from '../../workflows/contract/bad-input.js';
import { type YamlProblem, YamlError } from './problem.js';
import type { ParsedYaml } from './yaml.js';
import { ownValue } from '../../workflows/contract/own-value.js';

type Issue = z.core.$ZodIssue;

/** What a file holds, checked against a schema; throws YamlError with a place for every fault. */
export function checkSchema<T>(parsed: ParsedYaml, schema: z.ZodType<T>): T {
  const result = schema.safeParse(parsed.value);
  if (result.success) return result.data;
  const [first, ...others] = result.error.issues.flatMap((issue) => problemsOf(parsed, issue));
  if (first === undefined)
    throw new BadInput(`${parsed.file} cannot be read`, 'check it against its reference');
  throw new YamlError([first, ...others]);
}

function problemsOf(parsed: ParsedYaml, issue: Issue): YamlProblem[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  const where = path.length === 0 ? 'the file' : path.join('.');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) =>
      parsed.problem(
        [...path, key],
        `unknown key "${key}" in ${where}`,
        issue.message.startsWith('write ') ? issue.message : 'remove it, or check its spelling',
      ),
    );
  if (issue.code === 'invalid_type')
    return [
      parsed.problem(
        path,
        `${where} must be a ${yamlKind(issue.expected)}`,
        ownValue(written, yamlKind(issue.expected)) ?? 'write one here',
      ),
    ];
  if (issue.code === 'invalid_key')
    return [
      parsed.problem(path, `the key ${where} is not allowed`, issue.issues[0]?.message ?? issue.message),
    ];
  return [parsed.problem(path, `${where} is not right`, issue.message)];
}

const written: Readonly<Record<string, string>> = {
  mapping: 'write a line NAME: VALUE for each, or {} for none',
  list: 'write a line - VALUE for each, or [] for none',
};

/** A type of zod's, as people who write YAML call it. */
function yamlKind(type: string): string {
  if (type === 'record' || type === 'object') return 'mapping';
  if (type === 'array') return 'list';
  return type === 'string' ? 'text' : type;
}

/** The value a contract parser makes of a zod input, its two sentences kept as the issue's message. */
export function parsedBy<T>(
  parse: (value: unknown) => T,
): (value: unknown, context: z.core.$RefinementCtx) => T {
  return (value, context) => {
    try {
      return parse(value);
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
      context.issues.push({ code: 'custom', message: error.message, input: value });
      return value as T;
    }
  };
}
