import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { postgresLibrary } from '../../activities/job.js';
import { hostScript } from './host-script.js';
import { type Cluster } from './postgres-cluster.js';

/** What dumps.sh left of a cluster, as a recovery finds it in its stage. */
export interface Backup {
  /** The folder of the recovery; marks of what is restored are in it. */
  folder: string;
  /** Where roles.json, databases.json and the dumps are. */
  dumps: string;
  databases: { name: string; file: string }[];
}

const places = (folder: string) => ({
  MYC_PROGRESS: path.join(folder, 'progress'),
  MYC_RESULT: path.join(folder, 'result'),
});

/** The real dumps.sh, of the service db. */
export async function backUp({ folder, env }: Cluster): Promise<Backup> {
  const script = await hostScript('dumps', [postgresLibrary]);
  const host = { '/var/lib/myc-wf': folder };
  await mkdir(path.join(folder, 'backup'), { recursive: true });
  const { code, stderr } = await script(['db', '0', 'postgres'], { ...env, ...places(folder) }, host);
  if (code !== 0) throw new Error(stderr);
  const recovery = await mkdtemp(path.join(folder, 'recovery-'));
  const dumps = path.join(recovery, 'stage/var/lib/myc-wf/backup/dumps');
  await cp(path.join(folder, 'backup/dumps'), dumps, { recursive: true });
  const [{ databases = [] } = {}] = JSON.parse(
    await readFile(path.join(dumps, 'index.json'), 'utf8'),
  ) as Pick<Backup, 'databases'>[];
  return { folder: recovery, dumps: path.join(dumps, 'db'), databases };
}

export interface Restored {
  code: number;
  stdout: string;
  stderr: string;
  /** What was not restored. */
  left: string[];
}

/** The real restore-databases.sh, into a cluster; of these databases when they are named. */
export async function recover(
  there: Cluster,
  { folder, databases }: Backup,
  names = databases.map(({ name }) => name),
  version = '150000',
): Promise<Restored> {
  const script = await hostScript('restore-databases', [
    postgresLibrary,
    'restore-roles',
    'read-dump',
    'restore-database',
  ]);
  const chosen = databases.filter(({ name }) => names.includes(name));
  const args = [folder, 'myc', 'db', version, ...chosen.flatMap(({ name, file }) => [name, file])];
  await rm(places(folder).MYC_RESULT, { force: true });
  const done = await script(args, { ...there.env, ...places(folder) });
  const result = await readFile(places(folder).MYC_RESULT, 'utf8').catch(() => '{"left":[]}');
  return { ...done, ...(JSON.parse(result) as { left: string[] }) };
}
