import { type Command, Option } from 'commander';

/**
 * `--json` and `--config` may also stand behind a command's name. Each command takes them itself, since what
 * `compose HOST run SERVICE` hands on has options of the same names.
 */
export function takeGlobalOptions(program: Command, command: Command = program): void {
  for (const child of command.commands) {
    const set = (name: string) => (value: unknown) =>
      void program.setOptionValueWithSource(name, value ?? true, 'cli');
    if (!has(child, '--json'))
      child.addOption(new Option('--json').hideHelp()).on('option:json', set('json'));
    if (!has(child, '--config'))
      child.addOption(new Option('--config <file>').hideHelp()).on('option:config', set('config'));
    takeGlobalOptions(program, child);
  }
}

const has = ({ options }: Command, flag: string): boolean => options.some(({ long }) => long === flag);

/** A command's line in its parent's help, without a word about options that only repeat the program's. */
export function termOf(command: Command): string {
  const words = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  const options = command.options.some(({ hidden }) => !hidden) ? ['[options]'] : [];
  return [command.name(), ...options, ...words].join(' ');
}
