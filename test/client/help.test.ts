import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { makeProgram } from '../../client/program.js';
import { composeHost } from '../../client/program/compose.js';
import { examples } from '../../client/program/examples.js';

const program = () => makeProgram(() => Promise.resolve());

/** The commands that do something themselves, as people write them. */
function leaves(command: Command, prefix = ''): [string, Command][] {
  return command.commands.flatMap((child): [string, Command][] => {
    const words = `${prefix}${child.name()}`;
    if (child.name() === 'help' || child.name() === 'complete') return [];
    const below = leaves(child, `${words} `);
    return below.length > 0 ? below : [[words, child]];
  });
}
const all = (): [string, Command][] => [
  ...leaves(program()),
  ...leaves(
    composeHost('HOST', () => Promise.resolve()),
    'compose HOST ',
  ),
];

test('every command has an example', () => {
  expect(Object.keys(examples).sort()).toEqual(
    all()
      .map(([words]) => words)
      .sort(),
  );
});

test('every example is a command line that is taken as it stands', async () => {
  for (const example of Object.values(examples)) {
    let ran = 0;
    const told = makeProgram(() => {
      ran += 1;
      return Promise.resolve();
    });
    const words = example.replace(/ > .*/, '').split(' ');
    await told.parseAsync(words, { from: 'user' });
    expect(ran, example).toBe(1);
  }
});

test('--help shows it', () => {
  const help = (words: string[]) => {
    let said = '';
    const told = program();
    const start = told.commands.find((command) => command.name() === words[0])!;
    const command = start.commands.find((child) => child.name() === words[1])!;
    command.configureOutput({ writeOut: (text) => (said += text) }).outputHelp();
    return said;
  };
  expect(help(['start', 'recover'])).toContain('\nExample:\n  myc-wf start recover myadmin@');
});

test('an option of the whole program may stand anywhere, and is told once', () => {
  expect(
    program()
      .helpInformation()
      .match(/--json/g),
  ).toHaveLength(1);
  for (const [words, command] of all()) {
    expect(command.helpInformation(), words).not.toMatch(/--json|--config/);
  }
});
