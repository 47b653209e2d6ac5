import { BadInput } from '../../workflows/contract/bad-input.js';

/** One thing wrong in a YAML file: where (both counted from 1), what, and what to write instead. */
export interface YamlProblem {
  file: string;
  line: number;
  column: number;
  message: string;
  next: string;
  /** The line itself, for the caret; may hold a secret: show it to the operator, never put it into a failure. */
  excerpt: string;
}

/** `file:line:column: message`, the line with a caret under the column, and what to write. */
export function renderProblem(problem: YamlProblem): string {
  const { file, line, column, message, next, excerpt } = problem;
  const start = Math.max(0, column - 60);
  const shown = excerpt.slice(start, start + 100).replace(/\p{Cc}/gu, ' ');
  const gutter = `${line} | `;
  const caret = `${' '.repeat(gutter.length + Math.max(0, column - 1 - start))}^`;
  return [`${file}:${line}:${column}: ${message}`, `${gutter}${shown}`, caret, `  ${next}`].join('\n');
}

/** As renderProblem, for a failure, which is kept in a history: of the line only keys, charm names and punctuation. */
export function renderMasked(problem: YamlProblem): string {
  const [, key = '', value = ''] =
    /^(\s*(?:- +)*(?:["']?[\w./-]{1,64}["']?\s*:(?=\s|$)\s*)?)(.*)$/s.exec(problem.excerpt) ?? [];
  const shown = /\bcharm\s*:/.test(key) ? value : value.replace(/[\p{L}\p{N}]/gu, '*');
  return renderProblem({ ...problem, excerpt: key + shown });
}

/** Thrown for a file that cannot be right; its message names every place and holds no line of the file. */
export class YamlError extends BadInput {
  readonly problems: readonly YamlProblem[];

  constructor(problems: readonly [YamlProblem, ...YamlProblem[]]) {
    super(
      problems.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`).join('\n'),
      problems[0].next,
    );
    this.problems = problems;
  }
}
