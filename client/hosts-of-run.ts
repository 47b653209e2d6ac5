import { BadInput } from '../workflows/contract/bad-input.js';
import { type HostName, parseHostName } from '../workflows/contract/names.js';
import type { Look } from './engine.js';
import { CommandError } from './errors.js';
import { exitCodes } from './exit-codes.js';

/** The hosts that a run's jobs are on: by its id, else by what it says it is about ("vps1.lab vps2.lab"). */
export function hostsOfRun(workflowId: string, look: Look | undefined): HostName[] {
  const [, host] =
    /^(?:host|wait|schedule\/backup)\/([a-z0-9.:-]+?)(?:-\d{4}-\d\d-\d\dT[\d:]+Z)?(?:\/|$)/.exec(
      workflowId,
    ) ?? [];
  if (host !== undefined) return [parseHostName(host)];
  const words = look?.progress?.subject.split(/[\s,]+/) ?? [];
  const hosts = words.flatMap((word) => {
    try {
      return [parseHostName(word)];
    } catch (error) {
      if (error instanceof BadInput) return [];
      throw error;
    }
  });
  if (hosts.length > 0) return hosts;
  throw new CommandError(
    exitCodes.unreachable,
    `no worker answers for ${workflowId}, so its hosts are not known`,
    'name a host: myc-wf logs HOST; or start a worker: myc-wf up',
  );
}
