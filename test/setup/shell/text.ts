/** A command of a shell script, with the line that it begins on (from 1) and its words as they are written. */
export interface Command {
  line: number;
  text: string;
  words: string[];
}

/**
 * The script without comments, here-documents and what stands in single quotes, each left out for as many lines; a line that
 * goes on by a backslash is one with the next. What is in double quotes stays, since variables are expanded there.
 */
export function bareText(script: string): string {
  let out = '';
  let waiting: { word: string; tabs: boolean }[] = [];
  /** What the place is in: double quotes, or a command substitution inside of them. */
  const inside: ('"' | '(')[] = [];
  for (let at = 0; at < script.length; at += 1) {
    const char = script[at] ?? '';
    const quoted = inside.at(-1) === '"';
    if (char === '\\') {
      if (script[at + 1] === '\n') out += ' ';
      else out += script.slice(at, at + 2);
      at += 1;
    } else if (char === "'" && !quoted) {
      const end = script.indexOf("'", at + 1);
      out += `''${'\n'.repeat(script.slice(at, end).split('\n').length - 1)}`;
      at = end < 0 ? script.length : end;
    } else if (char === '#' && !quoted && /(^|[\s;(])$/.test(out)) {
      const end = script.indexOf('\n', at);
      at = (end < 0 ? script.length : end) - 1;
    } else if (char === '"') {
      if (quoted) inside.pop();
      else inside.push('"');
      out += char;
    } else if (char === '(' && (out.endsWith('$') || !quoted)) {
      inside.push('(');
      out += char;
    } else if (char === ')' && inside.at(-1) === '(') {
      inside.pop();
      out += char;
    } else if (
      char === '<' &&
      !quoted &&
      /^<<-?\s*['"]?\w/.test(script.slice(at)) &&
      script[at - 1] !== '<'
    ) {
      const [all = '', dash, word = ''] = /^<<(-?)\s*['"]?(\w+)['"]?/.exec(script.slice(at)) ?? [];
      waiting.push({ word, tabs: dash === '-' });
      at += all.length - 1;
    } else if (char === '\n' && waiting.length > 0) {
      out += char;
      for (const { word } of waiting)
        for (let line = ''; at < script.length;) {
          const end = script.indexOf('\n', at + 1);
          line = script.slice(at + 1, end < 0 ? script.length : end);
          at = end < 0 ? script.length : end;
          out += '\n';
          if (line.trim() === word) break;
        }
      waiting = [];
    } else out += char;
  }
  return out;
}

const opening = /^(?:if|then|else|elif|while|until|do|!|\{|exec|command|time|sudo|nice|env|builtin)$/;

/** The simple commands of a bare text: what stands before a command's own word is left out. */
export function commandsOf(bare: string): Command[] {
  return bare.split('\n').flatMap((text, index) =>
    text.split(/;|&&|\|\||(?<!>)\||\$\(|<\(|>\(|\(|\)|`|(?<!>)&(?!>)/).flatMap((part) => {
      const words = part.trim().match(/(?:"(?:[^"\\]|\\.)*"?|\\.|[^\s"])+/g) ?? [];
      while (words[0] !== undefined && (opening.test(words[0]) || /^\w+=/.test(words[0]))) words.shift();
      return part.trim() === '' ? [] : [{ line: index + 1, text: part, words }];
    }),
  );
}
