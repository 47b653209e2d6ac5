import type { Remote } from '../activities/adapters/remote/remote.js';
import { project } from '../activities/host-services.js';
import { lookAt } from '../activities/look-at.js';

/** Runs one of the scripts that only look, and answers its lines. */
export async function linesOf(
  remote: Remote,
  script: string,
  signal: AbortSignal,
  libraries: readonly string[] = [],
): Promise<string[]> {
  const said = await lookAt(remote, script, [project], { signal, libraries });
  return said.split('\n').filter((line) => line !== '');
}

const folder = '/var/lib/myc-wf/compose';

/** docker compose with what the last `up` wrote. */
export const composeArgv = (...words: readonly string[]): string[] => [
  // As scripts/lib/compose.sh: what ${NAME} stands for in the file is the same whoever calls.
  ...['env', '-i', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root'],
  ...['docker', 'compose', '--project-name', project, '--project-directory', folder],
  ...['--file', `${folder}/docker-compose.yml`, ...words],
];
