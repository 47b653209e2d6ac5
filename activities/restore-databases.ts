import { z } from 'zod';
import { parseIdent, parseServiceName } from '../workflows/contract/names.js';
import { backupUnusable } from './backup-failures.js';
import { type BackupManifest, readManifest } from './backup-manifest.js';
import type { StageContext } from './converge.js';
import { jobFailed, lookFailed } from './failures.js';
import { postgresLibrary } from './job.js';
import type { RestoreInput, RestoredDatabases } from './recovery-activities.js';
import { runJob } from './run-job.js';
import { stageFolder } from './stage-folder.js';

/** One service after the other, each a job of its own, so that what is restored is not restored again. */
export async function restoreDatabases(
  context: StageContext,
  input: RestoreInput,
): Promise<RestoredDatabases> {
  const { remote, onProgress, signal } = context;
  const { host, operationId, step } = input;
  const { databases: dumped } = await stagedManifest(context, input);
  const left: string[] = [];
  let databases = 0;
  for (const name of input.services.map(parseServiceName)) {
    const service = dumped.find((one) => one.name === name);
    if (service === undefined)
      throw backupUnusable(`the backup has no dumps of the service ${name}`, 'see its manifest');
    // PostgreSQL's by us, all others by the programs of the charm that dumped them.
    const byCharm = service.kind === 'charm';
    const args = [
      ...[stageFolder(input), ...(byCharm ? [] : ['myc']), name, String(service.version)],
      ...service.databases.flatMap(({ name, file }) => [name, file]),
    ];
    // An index on a large table is built in silence.
    const job = {
      operationId,
      step,
      subject: name,
      ...(byCharm
        ? { script: 'restore-dumps' }
        : {
            script: 'restore-databases',
            libraries: [postgresLibrary, 'restore-roles', 'read-dump', 'restore-database'],
          }),
      args,
      stallSeconds: 6 * 3600,
    };
    const { exit, lastLines, result } = await runJob(remote, job, onProgress, signal);
    if (exit !== 0) throw jobFailed({ host, step, subject: name, exit, lastLines });
    databases += service.databases.length;
    if (result !== '') left.push(...leftOut.parse(parsed(result)).left);
  }
  return { databases, left: left.slice(0, 50) };
}

/** Texts that the host made printable. */
const leftOut = z.object({ left: z.array(z.string().max(400)).max(200) });

/** Verified with the stage; parsed again, since it is read again. */
async function stagedManifest(
  { remote, signal }: StageContext,
  input: RestoreInput,
): Promise<BackupManifest> {
  const file = `${stageFolder(input)}/stage/var/lib/myc-wf/backup/manifest.json`;
  const { exit, stdout, stderr } = await remote.exec(['head', '-c', '65537', '--', file], { signal });
  if (exit !== 0) throw lookFailed(input.host, stderr);
  const manifest = readManifest(parsed(stdout), parseIdent(input.ident));
  if (manifest.operationId !== input.backupId)
    throw backupUnusable('the backup is another one than was inspected', 'run the recovery again');
  return manifest;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
