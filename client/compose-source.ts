import { readFile, stat } from 'node:fs/promises';
import { YamlError, renderProblem } from '../charms/engine/problem.js';
import { CommandError, usage } from './errors.js';
import { exitCodes } from './exit-codes.js';

/** Text of a compose.yml, or of what is added to one, and what its errors call it. */
export interface ComposeText {
  text: string;
  file: string;
}

const maxBytes = 1024 * 1024;

async function readComposeText(file: string): Promise<ComposeText> {
  try {
    // Asked before reading: a huge file, or a device, is never taken in.
    const found = await stat(file);
    if (found.isFile() && found.size > maxBytes) throw usage(`${file} is over 1 MiB`, 'name a compose.yml');
    if (found.isDirectory()) throw usage(`${file} is a folder`, 'name a compose.yml');
    return { file, text: await readFile(file, 'utf8') };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (typeof code !== 'string') throw error;
    throw usage(`${file} cannot be read: ${code}`, 'name a compose.yml that is there');
  }
}

export interface GivenOptions {
  file?: string;
  addComposeContent?: string;
}

/** What `--file` and `--add-compose-content` give; a file that cannot be read is told before anything else. */
export async function readGiven({
  file,
  addComposeContent,
}: GivenOptions): Promise<{ compose?: ComposeText; added?: ComposeText }> {
  return {
    ...(file === undefined ? {} : { compose: await readComposeText(file) }),
    ...(addComposeContent === undefined ? {} : { added: await readAdded(addComposeContent) }),
  };
}

/** `--add-compose-content`: YAML as it is, or the file that holds it. A single word is a file. */
async function readAdded(value: string): Promise<ComposeText> {
  if (/[:\n]/.test(value) && (await stat(value).catch(() => undefined)) === undefined)
    return { file: '--add-compose-content', text: value };
  return readComposeText(value);
}

/** The operator's own file: the line itself is shown, which a failure in a history never does. */
export function showingPlaces<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    const shown = error.problems.slice(0, 10).map(renderProblem);
    const more = error.problems.length - shown.length;
    if (more > 0) shown.push(`and ${more} more`);
    throw new CommandError(exitCodes.usage, shown.join('\n'));
  }
}
