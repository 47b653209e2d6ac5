import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A real MariaDB in a folder of its own, and the charm's programs at it: `docker exec` runs here what a container would. */
export interface MariaDb {
  readonly datastore: string;
  /** Rows as the client prints them; throws what the client says. */
  sql(text: string, options?: { user?: string; database?: string }): string;
  /** Runs a program of the charm, e.g. `dumps/dump`, as a host does. */
  charm(program: string, args?: readonly string[], input?: string): Ran;
  /** The same, going on; `kill` ends it and what it started as a power cut does. */
  charmLater(program: string, args: readonly string[]): Promise<Ran> & { kill(): void };
  /** A service's account and database, both called `name`, as the charm's hook makes them; its password is its name. */
  createAccount(name: string): void;
  /** What mariadb-dump writes for the superuser, with the words that the charm gives it. */
  dump(database: string): string;
  stop(): Promise<void>;
}
export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const charmFolder = fileURLToPath(new URL('../../charms/mysql', import.meta.url));
const runAction = fileURLToPath(new URL('../../charms/lib/run-action.sh', import.meta.url));
const path = `${process.env.PATH ?? ''}:/usr/sbin:/sbin`;

/** A `docker` that knows one running container: its programs are this machine's, at this server. */
const docker = (socket: string) => `#!/bin/bash
if [ "$1" = ps ]; then echo container; exit; fi
[ "$1" = exec ] || exit 1
shift
while [[ $1 == -* ]]; do if [ "$1" = --env ]; then shift 2; else shift; fi; done
exec env HOME=/nonexistent "$2" --no-defaults --socket=${socket} "\${@:3}"
`;

export async function startMariaDb(): Promise<MariaDb> {
  // A socket's path has room for 107 bytes.
  const root = mkdtempSync(join(tmpdir(), 'mariadb-'));
  const [data, socket, datastore] = [join(root, 'data'), join(root, 's'), join(root, 'datastore')];
  const own = [`--datadir=${data}`, `--user=${userInfo().username}`];
  const env = { PATH: path, HOME: root };
  const options = [
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    '--skip-name-resolve',
    '--force',
  ];
  execFileSync('mariadb-install-db', ['--no-defaults', ...own, ...options], { env, stdio: 'pipe' });
  const log = join(root, 'log');
  const server = spawn(
    'mariadbd',
    [
      '--no-defaults',
      ...own,
      `--socket=${socket}`,
      '--skip-networking',
      `--log-error=${log}`,
      '--skip-name-resolve',
    ],
    { env, stdio: 'ignore' },
  );
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));

  const password = randomBytes(16).toString('hex');
  const client = (args: readonly string[], input: string, secret: string) =>
    spawnSync(
      'mariadb',
      ['--no-defaults', `--socket=${socket}`, '--batch', '--raw', '--skip-column-names', ...args],
      {
        input,
        encoding: 'utf8',
        env: { ...env, MYSQL_PWD: secret },
      },
    );
  for (let tries = 0; client(['-uroot'], 'SELECT 1', '').status !== 0; tries++) {
    if (tries > 300 || server.exitCode !== null) throw new Error(readFileSync(log, 'utf8'));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  client(
    ['-uroot'],
    `DELETE FROM mysql.global_priv WHERE User = 'root' AND Host <> 'localhost'; FLUSH PRIVILEGES;
    ALTER USER root@localhost IDENTIFIED BY '${password}'`,
    '',
  );

  const service = join(root, 'compose/services/mysql');
  for (const folder of [join(root, 'bin'), service, join(datastore, '.compose/password')])
    mkdirSync(folder, { recursive: true });
  writeFileSync(join(root, 'bin/docker'), docker(socket), { mode: 0o755 });
  writeFileSync(join(datastore, '.compose/password/mysql-root'), password);
  const environment = {
    SERVICE_NAME: 'mysql',
    CHARM_NAME: 'mysql',
    CHARM_PATH: charmFolder,
    PROJECT_NAME: 'myc',
    SERVICE_DATASTORE: datastore,
    DOCKER_BASE_IMAGE: 'mariadb:11.8',
  };
  writeFileSync(join(service, 'environment.json'), JSON.stringify(environment));
  writeFileSync(join(service, 'options.json'), '{}');
  writeFileSync(join(service, 'targets.json'), '{}');

  const programEnv = {
    PATH: `${join(root, 'bin')}:${path}`,
    COMPOSE_ROOT: join(root, 'compose'),
    MYC_ACTIONS: join(root, 'actions'),
  };
  const programOf = (program: string, args: readonly string[]) => {
    const [kind, name] = program.split('/') as [string, string];
    return { words: [runAction, 'mysql', name, ...args], env: { ...programEnv, MYC_KIND: kind } };
  };
  const sql: MariaDb['sql'] = (text, { user = 'root', database } = {}) => {
    const where = database === undefined ? [] : [database];
    const { status, stdout, stderr } = client(
      [`-u${user}`, ...where],
      text,
      user === 'root' ? password : user,
    );
    if (status !== 0) throw new Error(stderr);
    return stdout.trimEnd();
  };
  return {
    datastore,
    sql,
    createAccount(name) {
      sql(`CREATE DATABASE \`${name}\`; CREATE USER \`${name}\`@'%' IDENTIFIED BY '${name}';
        GRANT ALL ON \`${name.replaceAll('_', '\\_')}\`.* TO \`${name}\`@'%'`);
      writeFileSync(join(datastore, '.compose/password', `user-${name}`), name);
    },
    dump(database) {
      const content = ['--single-transaction', '--routines', '--events', '--triggers', '--hex-blob'];
      const args = ['--no-defaults', `--socket=${socket}`, '-uroot', ...content, database];
      return execFileSync('mariadb-dump', args, { encoding: 'utf8', env: { ...env, MYSQL_PWD: password } });
    },
    charm(program, args = [], input = '') {
      const { words, env } = programOf(program, args);
      const { status, stdout, stderr } = spawnSync('bash', words, {
        input,
        encoding: 'utf8',
        maxBuffer: 1 << 28,
        env,
      });
      return { status, stdout, stderr };
    },
    charmLater(program, args) {
      const { words, env } = programOf(program, args);
      const started = spawn('bash', words, { env, detached: true });
      const ran = new Promise<Ran>((resolve) => {
        const [stdout, stderr]: string[][] = [[], []];
        started.stdout.on('data', (text) => stdout?.push(String(text)));
        started.stderr.on('data', (text) => stderr?.push(String(text)));
        started.once('close', (status) =>
          resolve({ status, stdout: stdout?.join('') ?? '', stderr: stderr?.join('') ?? '' }),
        );
      });
      // A process group of its own, so that no trap of the program runs either.
      return Object.assign(ran, { kill: () => process.kill(-(started.pid ?? 0), 'SIGKILL') });
    },
    async stop() {
      server.kill();
      await ended;
      rmSync(root, { recursive: true });
    },
  };
}
