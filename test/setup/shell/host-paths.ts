import { type Command, bareText, commandsOf } from './text.js';

/**
 * Where hooks and actions reach below a data or config resource by a path of the host: a container, or a backup, may have
 * left a link on it. lib/files.sh has the helpers that follow none.
 */
const stores = [
  'SERVICE_DATASTORE',
  'SERVICE_CONFIGSTORE',
  'DATASTORE',
  'CONFIGSTORE',
  'HOST_DATASTORE',
  'HOST_CONFIGSTORE',
];
const writers =
  /^(?:mkdir|mv|cp|rm|rmdir|ln|touch|tee|chown|chmod|chgrp|truncate|install|mkfifo|mknod|mktemp|unlink|rsync|tar|unzip|cd|pushd|split|setfacl|shred|patch)$/;
/** Programs that write only where one of these words says so. */
const writersWith: Readonly<Record<string, RegExp>> = {
  sed: /^(?:-\w*i|--in-place)/,
  dd: /^of=/,
  find: /^-(?:delete|exec|execdir|fprint\w*)$/,
  sort: /^(?:-o|--output)/,
  openssl: /^-(?:out|keyout)$/,
  curl: /^(?:-o|--output)/,
  docker: /^cp$/,
  docker_image_export_dir: /^/,
};
/** Commands whose output is a path again, as that path. */
const paths = (bare: string): string =>
  bare
    .replace(/\$\(password-file [^()]*\)/g, '$SERVICE_DATASTORE/.password')
    .replace(
      /\$\((?:dirname|realpath|readlink|mktemp|printf|echo)((?: -\S+)* [^()]*)\)/g,
      (_all, words: string) => words.replace(/"| -\S+/g, '').trim(),
    );

export interface Fault {
  file: string;
  line: number;
  what: string;
}
export interface Script {
  file: string;
  text: string;
}

const uses = (text: string, names: Iterable<string>): boolean =>
  [...names].some((name) => new RegExp(`\\$\\{?[#!]?${name}(?![A-Za-z0-9_])`).test(text));
/** What another command prints is no path. */
const valueOf = (text: string): string => text.replace(/\$\(.*/, '');

/** The faults of scripts that share their variables: an action, say, and what it sources. */
export function hostPathFaults(scripts: readonly Script[]): Fault[] {
  const bare = scripts.map(({ file, text }) => ({ file, bare: paths(bareText(text)) }));
  const all = bare.map((one) => one.bare).join('\n');
  const names = new Set(stores);
  for (let size = 0; size !== names.size;) {
    size = names.size;
    for (const [, name = '', value = ''] of all.matchAll(
      /(?:^|[\s;(])(\w+)\+?=((?:"(?:[^"\\]|\\.)*"|\$\([^)]*\)|[^\s;"])*)/gm,
    ))
      if (uses(valueOf(value), names)) names.add(name);
    for (const [, name = '', value = ''] of all.matchAll(/\bfor (\w+) in ([^;\n]*)/g))
      if (uses(value, names)) names.add(name);
    for (const name of functionsCalledWith(all, names)) names.add(name);
  }
  return bare.flatMap(({ file, bare: text }) => {
    const owners = functionOfLine(text);
    return commandsOf(text).flatMap((command) => {
      const function_ = owners.get(command.line);
      const reached = new Set([...names].filter((name) => !name.startsWith('@')));
      if (function_ !== undefined && names.has(`@${function_}`))
        for (const own of ['1', '2', '3', '@', '\\*']) reached.add(own);
      const what = faultOf(command, reached);
      return what === undefined ? [] : [{ file, line: command.line, what }];
    });
  });
}

function faultOf({ text, words }: Command, names: ReadonlySet<string>): string | undefined {
  for (const [, target = ''] of text.matchAll(
    /(?<![<-])(?:\d|&)?>{1,2}\|?\s*((?:"(?:[^"\\]|\\.)*"?|[^\s"<>])+)/g,
  ))
    if (uses(target, names)) return `writes to ${target}`;
  const [program = '', ...others] = words;
  const where = others.find((word) => uses(word, names));
  if (where === undefined) return undefined;
  if (writers.test(program)) return `${program} ${where}`;
  const with_ = Object.hasOwn(writersWith, program) ? writersWith[program] : undefined;
  return with_ !== undefined && others.some((word) => with_.test(word)) ? `${program} ${where}` : undefined;
}

/** `@NAME` of each function that is called with such a path: there its arguments are one. */
function functionsCalledWith(bare: string, names: ReadonlySet<string>): string[] {
  const functions = new Set([...bare.matchAll(/^([\w-]+)\(\) \{/gm)].map(([, name = '']) => name));
  return commandsOf(bare)
    .filter(
      ({ words: [program = '', ...others] }) =>
        functions.has(program) && others.some((word) => uses(word, names)),
    )
    .map(({ words: [program = ''] }) => `@${program}`);
}

function functionOfLine(bare: string): Map<number, string> {
  const owners = new Map<number, string>();
  let current: string | undefined;
  for (const [index, line] of bare.split('\n').entries()) {
    current = /^([\w-]+)\(\) [{(]/.exec(line)?.[1] ?? current;
    if (current !== undefined) owners.set(index + 1, current);
    if (/^[})]/.test(line) || /^[\w-]+\(\) \{.*\}$/.test(line)) current = undefined;
  }
  return owners;
}
