import { readFile } from 'node:fs/promises';
import type { Context } from '../context.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';

const files = { bash: 'bash.sh', zsh: 'myc-wf.zsh', fish: 'myc-wf.fish' };
export type Shell = keyof typeof files;

/** The shell's script; it asks this program for the words themselves, so that it knows every host there is by then. */
export async function completion(context: Context, shell: Shell): Promise<ExitCode> {
  const file = new URL(`../completion/${files[shell]}`, import.meta.url);
  const script = await readFile(file, 'utf8');
  context.output.result({ shell, script }, script.trimEnd());
  return exitCodes.done;
}
