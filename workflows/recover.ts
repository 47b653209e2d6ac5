import { ApplicationFailure } from '@temporalio/workflow';
import { parseAbsolutePath, parseHostName, parseIdent, parseOperationId } from './contract/names.js';
import type { OperationResult, RecoverInput } from './contract/operations.js';
import { hostSteps, recoverHost } from './phases/recover-host.js';
import { pathSteps, recoverPath } from './phases/recover-path.js';
import { summed } from './phases/told.js';
import { Steps, accepting } from './steps.js';

/** `start recover ADMIN@TARGET#IDENT[:/PATH] HOST[:/DEST]`: a host serves what a backup holds. Runs under `host/<name>`. */
export async function recover(input: RecoverInput): Promise<OperationResult> {
  const host = accepting(() => parseHostName(input.host));
  accepting(() => parseOperationId(input.operationId));
  const { operationId, source, dryRun = false, unverified = false } = input;
  const ident = accepting(() => parseIdent(source.ident));
  const path = accepting(() => (source.path === undefined ? undefined : parseAbsolutePath(source.path)));
  if (source.components !== undefined)
    throw ApplicationFailure.nonRetryable(
      `single components (${source.components.join(', ')}) cannot be recovered; name a path such as ${ident}:/srv/datastore/data/NAME`,
      'BadInput',
    );
  const subject = `${ident} -> ${host}`;
  const declared = path === undefined ? hostSteps : pathSteps;
  const steps = new Steps({ operation: 'recover', subject, operationId, dryRun }, declared);
  const changed: string[] = [];
  if (path === undefined) await recoverHost(input, steps, changed);
  else {
    const destination = input.destination ?? path;
    await recoverPath(input, { target: source.target, ident, path, destination, unverified }, steps, changed);
  }
  return steps.ended({
    host,
    changed,
    summary: dryRun
      ? summed(changed, dryRun)
      : `${[ident, path].filter(Boolean).join(':')} is recovered on ${host}`,
  });
}
