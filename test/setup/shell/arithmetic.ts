import type { Fault, Script } from './host-paths.js';
import { bareText } from './text.js';

/**
 * Shell arithmetic on what a command printed: bash evaluates a text as an expression there, and runs what stands in brackets
 * inside of it. Such a value is compared with a pattern of digits first. `[ … -gt … ]` is left out: it takes digits only, and
 * evaluates nothing.
 */
/** What these programs of the host print is a number. */
const numbers = [
  /^\$\((?:date\b.*\+%s|stat -c %[sYu] |nproc\b|id -u\b|kill -l\b|grep -\w*c|df\b.*\| tail -n 1|du -s.*\| cut -f1)/,
  /\| wc -\w\)$/,
];
const expressions = [
  /\(\(((?:[^()]|\([^()]*\)|\$\([^()]*\))*)\)\)/g,
  /\[\[((?:[^\]]|\][^\]])*\s-(?:gt|ge|lt|le|eq|ne)\s(?:[^\]]|\][^\]])*)\]\]/g,
];

export function arithmeticFaults({ file, text }: Script): Fault[] {
  const bare = bareText(text);
  const printed = new Set<string>();
  for (const { 1: name = '', index, 0: all } of bare.matchAll(/(?<![\w$])(\w+)="?\$\((?!\()/g))
    if (!isNumber(substitutionAt(bare, index + all.length - 2))) printed.add(name);
  for (const [, names = ''] of bare.matchAll(/\bread (?:-[a-z]+ (?:\d+ |'' )?)*([\w ]+)/g))
    for (const name of names.split(' ')) if (/^[a-zA-Z]\w*$/.test(name)) printed.add(name);
  for (const [, name = ''] of bare.matchAll(/\bmapfile (?:-\S+ (?:'' )?)*(\w+)/g)) printed.add(name);
  const checked = (name: string, before: string): boolean =>
    new RegExp(
      `\\$\\{?${name}(?:\\[[^\\]]*\\])?\\}?"? =~ \\S*\\[0-9|case \\$\\{?${name}\\b.* in|\\b${name} =~|is_number "\\$${name}"`,
    ).test(before);
  return expressions.flatMap((expression) =>
    [...bare.matchAll(expression)].flatMap(({ 1: inner = '', index }) => {
      const before = bare.slice(0, index);
      const line = before.split('\n').length;
      const fault = (what: string): Fault => ({ file, line, what: `arithmetic with ${what}` });
      const direct = [...inner.matchAll(/\$\((?!\()/g)].map((one) => substitutionAt(inner, one.index));
      const unknown = direct.find((one) => !isNumber(one));
      if (unknown !== undefined) return [fault(unknown)];
      const names = direct.reduce((left, one) => left.replace(one, ''), inner);
      const found = [...printed].find(
        (name) => new RegExp(`(?<![\\w#])${name}(?!\\w)`).test(names) && !checked(name, before),
      );
      return found === undefined ? [] : [fault(`$${found}, which a command printed and nothing looked at`)];
    }),
  );
}

const isNumber = (substitution: string): boolean => numbers.some((one) => one.test(substitution));

/** `$(…)` from its dollar sign to the parenthesis that ends it. */
function substitutionAt(text: string, start: number): string {
  let depth = 0;
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '(') depth += 1;
    if (text[at] === ')') depth -= 1;
    if (depth === 0) return text.slice(start, at + 1);
  }
  return text.slice(start);
}
