import { z } from 'zod';
import type { Config } from '../client/config/schema.js';
import { parseAbsolutePath, parseIdent, parseOperationId } from '../workflows/contract/names.js';
import type { StageInput } from './activities.js';
import { makeKey, nothing, parsePublicKey, targetOf } from './backup-client.js';
import { backupUnusable, transferFailed } from './backup-failures.js';
import { accountName } from './backup-record.js';
import { transferPackages } from './commands/host-states.js';
import { type StageContext, converge } from './converge.js';
import { jobFailed } from './failures.js';
import type { JobRequest, JobResult } from './job.js';
import { lookAt } from './look-at.js';
import type {
  PullInput,
  SourceInput,
  StageKey,
  StageKeyInput,
  StagedFiles,
  VerifiedFiles,
  VerifyInput,
} from './recovery-activities.js';
import { runJob, stopJob } from './run-job.js';
import { stageFolder } from './stage-folder.js';
import type { TargetAdmin } from './target-admin.js';

export async function ensureStage(
  context: StageContext,
  input: StageKeyInput,
  config: Config,
  admin: TargetAdmin,
): Promise<StageKey> {
  const { knownHosts } = targetOf(config, input.target);
  const done = input.packages
    ? await converge(context, input, { ...nothing, packages: transferPackages })
    : { changed: [], summary: '' };
  if (input.dryRun) return done;
  // Of recoveries that were ended from outside, and withdrew nothing. Their stages go afterwards: killed here, it is done again.
  for (const key of await stages(context, input, 'keys')) await admin.removeKey(sourceIdent(input), key);
  await stages(context, input, 'tidy');
  return { ...done, publicKey: await makeKey(context, input, stageFolder(input), knownHosts) };
}

export async function pullBackup(
  context: StageContext,
  input: PullInput,
  config: Config,
): Promise<StagedFiles> {
  const { address, port } = targetOf(config, input.target);
  const user = accountName.parse(input.user);
  const folder = stageFolder(input);
  const total = Number.isSafeInteger(input.totalBytes) ? input.totalBytes : 0;
  const done = await besideOthers(context, input, {
    script: 'pull',
    libraries: ['transfer'],
    args: [user, address, String(port), folder, String(total), String(input.round)],
    input: input.paths.map((path) => `${parseAbsolutePath(path)}\n`).join(''),
  });
  if (done.exit !== 0)
    throw transferFailed(
      { host: input.host, step: input.step, exit: done.exit, lastLines: done.lastLines },
      input.target,
      user,
    );
  return staged.parse(JSON.parse(done.result));
}

export async function verifyStage(context: StageContext, input: VerifyInput): Promise<VerifiedFiles> {
  const paths = input.paths.map(parseAbsolutePath);
  const destinations = (input.destinations ?? paths).map(parseAbsolutePath);
  const done = await besideOthers(context, input, {
    script: 'verify',
    args: [
      ...[stageFolder(input), input.listing ?? '-'],
      ...paths.map((path, index) => `${path}\t${destinations[index] ?? path}`),
    ],
    // The checksum of one large file says nothing until it is done.
    stallSeconds: 3600,
  });
  if (done.exit !== 0)
    throw jobFailed({ host: input.host, step: input.step, exit: done.exit, lastLines: done.lastLines });
  const { problems, count, ...found } = verified.parse(JSON.parse(done.result));
  if (count > 0)
    throw backupUnusable(
      `what came back cannot take its place, for ${count} ${count === 1 ? 'reason' : 'reasons'}: ` +
        `${problems.slice(0, 10).join('; ')}`,
      'nothing was replaced; mend it where it came from and back that host up again, take single paths that are whole, ' +
        'or take a path to a folder such as /root/recovered and look at it there',
    );
  return found;
}

/** What still writes into the stage is stopped first. */
export async function discardStage(context: StageContext, input: StageInput): Promise<void> {
  await stopJob(context.remote, { operationId: parseOperationId(input.operationId) });
  await stages(context, input, 'discard');
}

/** The stage is the operation's own: what fills it need not wait for the host. */
const besideOthers = (
  { remote, onProgress, signal }: StageContext,
  { operationId, step }: StageInput,
  job: Omit<JobRequest, 'operationId' | 'step'>,
): Promise<JobResult> =>
  runJob(remote, { operationId, step, exclusive: 'beside', ...job }, onProgress, signal);

const staged = z.object({ files: z.number(), bytes: z.number() });
const verified = staged.extend({
  problems: z.array(z.string()),
  count: z.number(),
  leaving: z.object({ count: z.number(), names: z.array(z.string()) }),
});

export const sourceIdent = (input: SourceInput) => parseIdent(input.ident);

/** See the script; `keys` answers public keys. */
async function stages(
  { remote, signal }: StageContext,
  input: StageInput,
  command: 'keys' | 'tidy' | 'discard',
): Promise<string[]> {
  const said = await lookAt(remote, 'stages', [command, stageFolder(input)], {
    libraries: ['records'],
    signal,
    timeoutSeconds: 600,
  });
  return said.split('\n').filter(Boolean).map(parsePublicKey);
}
