import { readFile } from 'node:fs/promises';
import type { Remote } from '../activities/adapters/remote/remote.js';
import { lookFailed } from '../activities/failures.js';
import { project } from '../activities/host-services.js';

/** Runs one of the scripts that only look, and answers its lines. */
export async function lookAt(remote: Remote, script: string, signal: AbortSignal): Promise<string[]> {
  const text = await readFile(new URL(`../activities/scripts/${script}.sh`, import.meta.url), 'utf8');
  const argv = ['bash', '-c', text, `${script}.sh`, project];
  const { exit, stdout, stderr } = await remote.exec(argv, { signal });
  if (exit !== 0) throw lookFailed(remote.name, stderr);
  return stdout.split('\n').filter((line) => line !== '');
}

const folder = '/var/lib/myc-wf/compose';

/** docker compose with what the last `up` wrote. */
export const composeArgv = (...words: readonly string[]): string[] => [
  ...['docker', 'compose', '--project-name', project, '--project-directory', folder],
  ...['--file', `${folder}/docker-compose.yml`, ...words],
];
