import { z } from 'zod';
import type { StageInput } from './activities.js';
import type { BackupPlan, CloseResult, DumpsResult, PushInput, PushResult } from './backup-activities.js';
import { transferFailed } from './backup-failures.js';
import { type BackupRecord, lookAtBackup, recordOf } from './backup-record.js';
import { type MirrorPlan, mirrorPlan } from './commands/mirror-plan.js';
import type { StageContext } from './converge.js';
import { jobFailed } from './failures.js';
import { type JobRequest, type JobResult, postgresLibrary } from './job.js';
import { runJob } from './run-job.js';

interface Planned {
  record: BackupRecord;
  plan: MirrorPlan;
  images: string[];
}

/** Read anew by each activity: services may have come and gone since the operation began. */
async function planned({ remote, signal }: StageContext, { host }: StageInput): Promise<Planned> {
  const look = await lookAtBackup(remote, host, signal);
  return { record: recordOf(look, host), plan: mirrorPlan(look, host), images: look.images };
}

export async function planBackup(context: StageContext, input: StageInput): Promise<BackupPlan> {
  const { record, plan } = await planned(context, input);
  return {
    target: record.target,
    ident: record.ident,
    directories: plan.directories,
    databases: plan.dumped.map(({ service }) => service),
    stopped: plan.stopped,
  };
}

export async function dumpDatabases(context: StageContext, input: StageInput): Promise<DumpsResult> {
  const { plan } = await planned(context, input);
  const done = await reading(context, input, {
    script: 'dumps',
    libraries: [postgresLibrary],
    args: plan.dumped.flatMap(({ service, container, kind }) => [service, container, kind]),
  });
  if (done.exit !== 0) throw jobFailed({ ...input, exit: done.exit, lastLines: done.lastLines });
  const { services, bytes } = dumps.parse(JSON.parse(done.result));
  return { databases: services.reduce((sum, { databases }) => sum + databases.length, 0), bytes };
}

export async function pushMirror(context: StageContext, input: PushInput): Promise<PushResult> {
  const { record, plan } = await planned(context, input);
  const mayDelete = input.mayDelete ? 'yes' : 'no';
  const done = await transferring(context, input, record, {
    script: 'mirror',
    libraries: ['transfer', 'mirror'],
    args: [...toTarget(record), mayDelete, String(input.round)],
    input: mirrored(plan),
  });
  const result = JSON.parse(done.result) as unknown;
  return done.exit === 20
    ? { stopped: true, ...stopped.parse(result) }
    : { stopped: false, ...pushed.parse(result) };
}

export async function closeBackup(context: StageContext, input: StageInput): Promise<CloseResult> {
  const { record, plan, images } = await planned(context, input);
  const head = {
    version: 1,
    ident: record.ident,
    host: input.host,
    operationId: input.operationId,
    services: plan.services,
    stopped: plan.stopped,
    images,
  };
  const done = await transferring(context, input, record, {
    script: 'manifest',
    libraries: ['transfer', 'mirror', 'checksums'],
    args: toTarget(record),
    input: `${mirrored(plan)}manifest ${JSON.stringify(head)}\n`,
    // The checksum of one large file says nothing until it is done.
    stallSeconds: 3600,
  });
  return closed.parse(JSON.parse(done.result));
}

const toTarget = ({ user, address, port }: BackupRecord): string[] => [user, address, String(port)];

const mirrored = ({ directories, excludes }: MirrorPlan): string =>
  [...directories.map((path) => `dir ${path}\n`), ...excludes.map((pattern) => `exclude ${pattern}\n`)].join(
    '',
  );

/** A backup only reads: it goes on beside what holds the host. */
const reading = (
  { remote, onProgress, signal }: StageContext,
  { operationId, step }: StageInput,
  job: Omit<JobRequest, 'operationId' | 'step'>,
): Promise<JobResult> => runJob(remote, { operationId, step, exclusive: false, ...job }, onProgress, signal);

async function transferring(
  context: StageContext,
  input: StageInput,
  { target, user }: BackupRecord,
  job: Omit<JobRequest, 'operationId' | 'step'>,
): Promise<JobResult> {
  const done = await reading(context, input, job);
  if (done.exit !== 0 && done.exit !== 20)
    throw transferFailed(
      { host: input.host, step: input.step, exit: done.exit, lastLines: done.lastLines },
      target,
      user,
    );
  return done;
}

const dumps = z.object({
  services: z.array(z.object({ databases: z.array(z.unknown()) })),
  bytes: z.number(),
});
const stopped = z.union([z.object({ deleted: z.number(), of: z.number() }), z.object({ gone: z.string() })]);
const pushed = z.object({ files: z.number(), bytes: z.number(), sent: z.number(), deleted: z.number() });
const closed = z.object({ files: z.number(), bytes: z.number(), special: z.number(), volatile: z.number() });
