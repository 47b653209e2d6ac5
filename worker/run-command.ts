import { spawn } from 'node:child_process';

/** Runs a command to its end, without a shell; what it says goes into the failure, its last five lines. */
export function run(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    const keep = (chunk: Buffer): void => {
      said = `${said}${chunk.toString('utf8')}`.slice(-4000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (error) => reject(new Error(`${command} cannot be run: ${error.message}`)));
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else
        reject(
          new Error(
            `${command} ended with ${signal ?? code}: ${said.trim().split('\n').slice(-5).join(' / ')}`,
          ),
        );
    });
  });
}
