import { spawn } from 'node:child_process';

export interface RunOptions {
  input?: string;
  /** Resolve with what was printed even when the exit code is not 0. */
  allowFailure?: boolean;
  env?: Record<string, string>;
}

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program of this machine, without a shell. */
export function run(argv: [string, ...string[]], options: RunOptions = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const [program, ...rest] = argv;
    const child = spawn(program, rest, { env: { ...process.env, ...options.env } });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdin.on('error', () => undefined); // the program may end before it has read its input
    child.stdin.end(options.input ?? '');
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0 || options.allowFailure) resolve({ code: code ?? 255, stdout, stderr });
      else reject(new Error(`${argv.join(' ')}: exit ${code}\n${(stderr || stdout).trim().slice(-2000)}`));
    });
  });
}

/** The command as root: with sudo for everybody else. */
export const asRoot = (...command: [string, ...string[]]): [string, ...string[]] =>
  process.getuid?.() === 0 ? command : ['sudo', ...command];

export async function docker(args: string[], options: RunOptions = {}): Promise<string> {
  // The classic builder: a client without the buildx plugin refuses to build otherwise.
  const env = { DOCKER_BUILDKIT: '0', ...options.env };
  return (await run(['docker', ...args], { ...options, env })).stdout.trim();
}
