import { BadInput } from '../workflows/contract/bad-input.js';
import type { Remote } from './adapters/remote/remote.js';

/** Where mailcow keeps its settings (mailcow-dockerized-docs, backup and restore pages). */
const mailcowSettings = '/opt/mailcow-dockerized/mailcow.conf';

/** A Docker that is not restarted keeps old settings: accepted only to keep a mailcow that is there serving. */
export async function requireMailcow(remote: Remote, host: string): Promise<void> {
  const { exit } = await remote.exec(['test', '-f', mailcowSettings]);
  if (exit === 0) return;
  throw new BadInput(
    `${host} has no mailcow (${mailcowSettings} is not there)`,
    'leave out --no-docker-restart, which is only for a host that already runs mailcow',
  );
}
