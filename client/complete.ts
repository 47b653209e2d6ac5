import type { Argument, Command, Option } from 'commander';
import type { Config } from './config/schema.js';

/** What the configuration knows by name. */
export interface Names {
  hosts: string[];
  /** `admin@target:port`, as recover and backup-install take them. */
  targets: string[];
}

export const namesOf = (config: Config): Names => ({
  hosts: Object.keys(config.hosts ?? {}),
  targets: Object.entries(config['backup-targets'] ?? {}).map(([name, { admin }]) =>
    admin === undefined ? name : `${admin}@${name}`,
  ),
});

/** The shell completes a file here. */
export const filesDirective = ':files';

/** Which every shell takes as it stands, whatever its script does with it. */
const plainWord = /^[A-Za-z0-9_@%+=:,./#-]+$/;

/** Where the last word stands, which is empty or begun. */
export interface Place {
  command: Command;
  /** What stands behind the command's name, options left out. */
  given: string[];
  /** The option whose value it is. */
  value: Option | undefined;
  begun: string;
  /** Of `compose HOST stop …`. */
  host: string | undefined;
}

/** `inner` gives the commands behind a first word. */
export function placeOf(
  program: Command,
  words: readonly string[],
  inner: (command: Command, first: string) => Command | undefined,
): Place {
  let command = program;
  let given: string[] = [];
  let value: Option | undefined;
  let host: string | undefined;
  for (const word of words.slice(0, -1)) {
    if (value !== undefined) value = undefined;
    else if (word.startsWith('-')) value = takesNext(command, word);
    else {
      const below = given.length === 0 ? command.commands.find((one) => one.name() === word) : undefined;
      const behind = below ?? (given.length === 0 ? inner(command, word) : undefined);
      if (behind !== undefined && below === undefined) host = word;
      if (behind === undefined) given.push(word);
      else [command, given] = [behind, []];
    }
  }
  return { command, given, value, begun: words.at(-1) ?? '', host };
}

/** What may stand there; `more`: what only a host knows. */
export function complete(
  { command, given, value, begun }: Place,
  names: Names,
  more: readonly string[] = [],
): string[] {
  const own = value === undefined ? wordsOf(command, given.length, begun, names) : ofOption(value, names);
  const all = new Set([...own, ...more]);
  return [...all]
    .filter((one) => one === filesDirective || (one.startsWith(begun) && plainWord.test(one)))
    .sort();
}

function takesNext(command: Command, word: string): Option | undefined {
  for (let at: Command | null = command; at !== null; at = at.parent) {
    const found = at.options.find(({ long, short }) => word === long || word === short);
    if (found !== undefined) return found.required ? found : undefined;
  }
  return undefined;
}

function wordsOf(command: Command, position: number, begun: string, names: Names): string[] {
  if (begun.startsWith('-'))
    return ['--help', ...command.options.filter(({ hidden }) => !hidden).flatMap(({ long }) => long ?? [])];
  const visible = position === 0 ? command.createHelp().visibleCommands(command) : [];
  const own = visible.filter((one) => command.commands.includes(one)).map((one) => one.name());
  const { registeredArguments: expected } = command;
  const argument = expected[position] ?? (expected.at(-1)?.variadic ? expected.at(-1) : undefined);
  return [...own, ...(argument === undefined ? [] : ofArgument(argument, names))];
}

function ofArgument(argument: Argument, { hosts, targets }: Names): string[] {
  if (argument.argChoices !== undefined) return [...argument.argChoices];
  const name = argument.name();
  // A mirror bears its host's name by custom.
  if (name.includes('#ident')) return targets.flatMap((target) => hosts.map((host) => `${target}#${host}`));
  if (name.includes('target')) return targets;
  if (name === 'id' || /^(?:\[user@\])?host/.test(name)) return hosts;
  return name === 'file' ? [filesDirective] : [];
}

function ofOption(option: Option, { hosts }: Names): string[] {
  if (option.argChoices !== undefined) return [...option.argChoices];
  if (option.long === '--host' || option.long === '--ident') return hosts;
  return /file|folder/.test(option.flags) ? [filesDirective] : [];
}
