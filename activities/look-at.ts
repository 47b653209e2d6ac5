import { readFile } from 'node:fs/promises';
import type { ExecOptions, Remote } from './adapters/remote/remote.js';
import { hostHeldByLater, lookFailed } from './failures.js';

export interface LookOptions extends Omit<ExecOptions, 'signal'> {
  signal?: AbortSignal | undefined;
  /** Files of scripts/lib that go before the script. */
  libraries?: readonly string[];
}

/**
 * Runs a script of scripts/ on a host with these words, past any job: one that only looks, or that
 * is done in a moment and may be done again. What it said; LookFailed, which is tried again, when
 * it did not end well; HostHeldByLater, when it would change the host for an operation that no
 * longer holds it (lib/records.sh).
 */
export async function lookAt(
  remote: Remote,
  script: string,
  words: readonly string[] = [],
  { libraries = [], signal, ...options }: LookOptions = {},
): Promise<string> {
  const argv = await scriptArgv(script, words, libraries);
  const { exit, stdout, stderr } = await remote.exec(argv, {
    ...options,
    ...(signal === undefined ? {} : { signal }),
  });
  const displaced = exit === 75 ? /^displaced (.*)$/m.exec(stdout)?.[1] : undefined;
  if (displaced !== undefined) throw hostHeldByLater(remote.name ?? 'the host', displaced);
  if (exit !== 0) throw lookFailed(remote.name, stderr);
  return stdout;
}

/**
 * The command that runs a script of scripts/ with files of scripts/lib before it; for a caller that
 * judges its exit itself.
 */
export async function scriptArgv(
  script: string,
  words: readonly string[],
  libraries: readonly string[] = [],
): Promise<string[]> {
  const files = [...libraries.map((name) => `lib/${name}`), script];
  const texts = files.map((file) => readFile(new URL(`scripts/${file}.sh`, import.meta.url), 'utf8'));
  return ['bash', '-c', (await Promise.all(texts)).join(''), `${script}.sh`, ...words];
}
