import path from 'node:path';
import { ESLint } from 'eslint';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../../..');

/** The numbers of the lines that the project's own configuration refuses, as if they stood in that file. */
async function refusedLines(file: string, lines: readonly string[]): Promise<number[]> {
  const eslint = new ESLint({ cwd: root });
  const [result] = await eslint.lintText(lines.join('\n'), { filePath: path.join(root, file) });
  const found = (result?.messages ?? []).filter(({ ruleId }) =>
    /^no-(console|restricted-)/.test(ruleId ?? ''),
  );
  return [...new Set(found.map(({ line }) => line))].sort((a, b) => a - b);
}

const bypasses = [
  "import { stdout } from 'node:process';",
  "console.log('a');",
  "process.stdout.write('a');",
  "const { stderr } = process; stderr.write('a');",
  'export const at = process.stderr;',
  "export const show = (context: { stdout: NodeJS.WritableStream }) => context.stdout.write('a');",
  "spawn('ls', { stdio: 'inherit' });",
  "spawn('ls', { stdio: ['ignore', 'inherit', 'pipe'] });",
  "createWriteStream('/dev/tty');",
  "writeSync(1, 'a');",
  "await writeFile('/dev/stderr', 'a');",
];

test('no file of the client or the worker writes to a terminal past the output layer', async () => {
  const all = bypasses.map((_, i) => i + 1);
  expect(await refusedLines('client/errors.ts', bypasses)).toEqual(all);
  expect(await refusedLines('worker/up.ts', bypasses)).toEqual(all);
});

test('what goes through it is as it should be', async () => {
  const lines = [
    "export const say = (context: { output: { say(text: string): void } }) => context.output.say('a');",
    'export const kept = (result: { stdout: string }) => result.stdout.trim();',
  ];
  expect(await refusedLines('client/errors.ts', lines)).toEqual([]);
});
