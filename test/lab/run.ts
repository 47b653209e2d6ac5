import { spawn } from 'node:child_process';
import path from 'node:path';
import { watch } from './programs.js';

export interface RunOptions {
  input?: string;
  /** Resolve with what was printed even when the exit code is not 0. */
  allowFailure?: boolean;
  env?: Record<string, string>;
  /** It and all it starts end with this process, however that ends. It gets no input. */
  ownGroup?: boolean;
}

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

class ProgramFailed extends Error {
  constructor(argv: readonly string[], { code, stdout, stderr }: Ran) {
    super(`${argv.join(' ')}: exit ${code}\n${(stderr || stdout).trim().slice(-2000)}`);
  }
}

/** Runs a program of this machine, without a shell. */
export function run(argv: [string, ...string[]], options: RunOptions = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const [program, ...rest] = options.ownGroup ? (['bash', ownGroup, ...argv] as const) : argv;
    const child = watch(spawn(program, rest, { env: { ...process.env, ...options.env } }));
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdin.on('error', () => undefined); // the program may end before it has read its input
    if (!options.ownGroup) child.stdin.end(options.input ?? '');
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0 || options.allowFailure) resolve({ code: code ?? 255, stdout, stderr });
      else reject(new ProgramFailed(argv, { code: code ?? 255, stdout, stderr }));
    });
  });
}

const ownGroup = path.join(import.meta.dirname, 'own-group.sh');

/** The command as root: with sudo for everybody else. */
export const asRoot = (...command: [string, ...string[]]): [string, ...string[]] =>
  process.getuid?.() === 0 ? command : ['sudo', ...command];

export async function docker(args: string[], options: RunOptions = {}): Promise<string> {
  // The classic builder: a client without the buildx plugin refuses to build otherwise.
  const env = { DOCKER_BUILDKIT: '0', ...options.env };
  const ran = await run(['docker', ...args], { ...options, env, allowFailure: true }).catch(sayMissing);
  if (/Cannot connect to the Docker daemon/.test(ran.stderr))
    throw new Error('the Docker engine does not answer: npm run lab -- up starts it');
  if (ran.code !== 0 && !options.allowFailure) throw new ProgramFailed(['docker', ...args], ran);
  return ran.stdout.trim();
}

function sayMissing(error: NodeJS.ErrnoException): never {
  if (error.code === 'ENOENT')
    throw new Error('there is no Docker on this machine: npm run lab -- up installs it', { cause: error });
  throw error;
}
