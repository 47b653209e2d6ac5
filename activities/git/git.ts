import { spawn } from 'node:child_process';
import { BadInput } from '../../workflows/contract/bad-input.js';

/** How git ended, and what it said. */
export interface GitResult {
  exit: number;
  stdout: Buffer;
  stderr: string;
}

export interface GitOptions {
  folder: string;
  /** The only transport that is open: `https`, `ssh` or `file`. */
  protocol?: string;
  /** For ssh: the program with its options, as git splits it. */
  sshCommand?: string;
  stdin?: string;
}

const maxOutput = 96 * 1024 * 1024;
/** A clone of a large repository over a slow line; nothing of it is kept when it takes longer. */
const timeoutMs = 10 * 60_000;

/**
 * What a repository of others brings is data: no hook, no filter, no submodule, no LFS, no file of configuration; nothing is ever
 * checked out. What is received is checked as it comes.
 */
const settings = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'fetch.fsckObjects=true',
  'transfer.fsckObjects=true',
  'fetch.recurseSubmodules=false',
  'submodule.recurse=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'advice.detachedHead=false',
  'http.followRedirects=initial',
  'http.lowSpeedLimit=1000',
  'http.lowSpeedTime=20',
  'protocol.version=2',
  'protocol.allow=never',
];

export function gitCommand(args: readonly string[], { folder, protocol }: GitOptions): string[] {
  const all = [...settings, ...(protocol === undefined ? [] : [`protocol.${protocol}.allow=always`])];
  return ['git', '-C', folder, ...all.flatMap((setting) => ['-c', setting]), ...args];
}

/** Of the environment what a connection needs; all that steers git is ours. */
export function gitEnvironment({ protocol, sshCommand }: GitOptions, env = process.env): NodeJS.ProcessEnv {
  const kept =
    /^(PATH|HOME|USER|LOGNAME|TMPDIR|SSH_AUTH_SOCK|SSL_CERT_(FILE|DIR)|GIT_SSL_CAINFO|(https|all|no)_proxy)$/i;
  return {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => kept.test(name))),
    LC_ALL: 'C',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '/bin/false',
    SSH_ASKPASS_REQUIRE: 'never',
    GIT_LFS_SKIP_SMUDGE: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    ...(protocol === undefined ? {} : { GIT_ALLOW_PROTOCOL: protocol }),
    ...(sshCommand === undefined ? {} : { GIT_SSH_COMMAND: sshCommand, GIT_SSH_VARIANT: 'ssh' }),
  };
}

/** Never throws for a git that ended with another code than 0. */
export function git(args: readonly string[], options: GitOptions): Promise<GitResult> {
  const [program = '', ...argv] = gitCommand(args, options);
  return new Promise((resolve, reject) => {
    const child = spawn(program, argv, { env: gitEnvironment(options), stdio: 'pipe', timeout: timeoutMs });
    const chunks: Buffer[] = [];
    let bytes = 0;
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxOutput) child.kill('SIGKILL');
      else chunks.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => (stderr = `${stderr}${chunk.toString('utf8')}`.slice(-4000)));
    child.stdin.on('error', () => undefined).end(options.stdin ?? '');
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'ENOENT'
          ? new BadInput('git is not installed on this machine', 'apt-get install git')
          : error,
      ),
    );
    child.once('close', (code) => resolve({ exit: code ?? 137, stdout: Buffer.concat(chunks), stderr }));
  });
}
