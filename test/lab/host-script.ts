import { readFile } from 'node:fs/promises';
import { type Ran, run } from './run.js';

export type HostScript = (
  args: readonly string[],
  env: Record<string, string>,
  /** Folders of a host, and those of the test that stand for them. */
  folders?: Record<string, string>,
) => Promise<Ran>;

/** A script of activities/scripts, behind its libraries, as it runs on a host; here it runs on this machine. */
export async function hostScript(name: string, libraries: readonly string[] = []): Promise<HostScript> {
  const files = [...libraries.map((library) => `lib/${library}`), name];
  const texts = files.map((file) =>
    readFile(new URL(`../../activities/scripts/${file}.sh`, import.meta.url), 'utf8'),
  );
  const text = (await Promise.all(texts)).join('');
  return (args, env, folders = {}) => {
    const here = Object.entries(folders).reduce((all, [from, to]) => all.replaceAll(from, to), text);
    return run(['bash', '-c', here, `${name}.sh`, ...args], { env, allowFailure: true });
  };
}
