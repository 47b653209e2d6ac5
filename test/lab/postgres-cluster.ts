import { chmod, chown, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run } from './run.js';

/** A PostgreSQL server of this machine, and a `docker` that takes it for the container of the service postgres. */
export interface Cluster {
  /** Where tests keep files; gone with the cluster. */
  folder: string;
  /** What scripts need in their environment to find the `docker` and the server. */
  env: Record<string, string>;
  /** As superuser, or as `user`; rows as psql prints them, unaligned. */
  sql: (query: string, database?: string, user?: string) => Promise<string>;
  stop: () => Promise<void>;
}

/** Answers as Docker would for one container: what `exec` starts runs beside the server. */
const docker = `#!/bin/bash
set -euo pipefail
case $1 in
  ps) echo 0123abcd ;;
  inspect) if [[ $* == *Health* ]]; then echo healthy; else echo postgres:17; fi ;;
  exec)
    shift
    variables=()
    while [[ $1 == -* ]]; do
      case $1 in
        --env=*) set -- -e "\${1#--env=}" "\${@:2}" && continue ;;
        -e | --env) if [[ $2 == *=* ]]; then variables+=("$2"); elif [ -n "\${!2+x}" ]; then variables+=("$2=\${!2}"); fi; shift ;;
      esac
      shift
    done
    shift
    exec env -i PATH="$PATH" PGHOST="$PGHOST" "\${variables[@]}" "$@" ;;
  *) echo "docker $* is not known here" >&2; exit 64 ;;
esac
`;

/** Nobody: a server refuses to run as root. */
const nobody = 65534;

export async function startCluster(): Promise<Cluster> {
  const folder = await mkdtemp(path.join(tmpdir(), 'myc-postgres-'));
  const [data, bin] = [path.join(folder, 'data'), path.join(folder, 'bin')];
  for (const one of [data, bin]) await mkdir(one);
  await writeFile(path.join(bin, 'docker'), docker);
  await chmod(path.join(bin, 'docker'), 0o755);
  await chmod(folder, 0o755);
  const root = process.getuid?.() === 0;
  if (root) for (const one of [folder, data]) await chown(one, nobody, nobody);
  const programs = await programsOf();
  const env = { PATH: `${bin}:${programs}:${process.env.PATH}`, PGHOST: folder, LC_ALL: 'C.UTF-8' };
  const server = (...argv: [string, ...string[]]) =>
    run(root ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', ...argv] : argv, {
      env,
    });
  await server('initdb', '--auth=trust', '--username=postgres', '--encoding=UTF8', '--no-sync', data);
  const options = `-F -c listen_addresses='' -c unix_socket_directories='${folder}'`;
  const log = path.join(folder, 'log');
  await server('pg_ctl', '--pgdata', data, '--log', log, '--options', options, '--wait', 'start');
  return {
    folder,
    env,
    async sql(query, database = 'postgres', user = 'postgres') {
      const argv = ['psql', '-XAtq', '-v', 'ON_ERROR_STOP=1'] as const;
      const whose = { ...env, PGUSER: user, PGDATABASE: database };
      return (await run([...argv], { env: whose, input: query })).stdout.trim();
    },
    async stop() {
      await server('pg_ctl', '--pgdata', data, '--mode', 'immediate', 'stop');
      await rm(folder, { recursive: true });
    },
  };
}

/** The folder with the server's programs, which Debian keeps out of PATH. */
async function programsOf(): Promise<string> {
  const versions = '/usr/lib/postgresql';
  const [newest] = (await readdir(versions).catch(() => [])).sort((a, b) => Number(b) - Number(a));
  if (newest === undefined) throw new Error(`no PostgreSQL in ${versions}: apt-get install postgresql`);
  return path.join(versions, newest, 'bin');
}
