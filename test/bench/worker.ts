import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { RunningUp, Operator } from '../e2e/operator.js';
import { repository } from '../lab/names.js';
import { type Samples, sampled } from './samples.js';

export interface WorkerBench {
  /** From the start of the process to polling, with the workflows bundled by the build. */
  startSeconds: Samples;
  /** Resident memory of a polling worker, MB of 1,000,000 bytes. */
  residentMB: Samples;
}

/** A second worker beside `up`, on the same embedded server, as a team would run one. */
export async function benchWorker(operator: Operator, up: RunningUp): Promise<WorkerBench> {
  const memory: number[] = [];
  const startSeconds = await sampled(5, async () => {
    const began = performance.now();
    const cli = path.join(repository, 'dist/client/cli.js');
    const worker = spawn(process.execPath, [cli, '--json', '--config', operator.configFile, 'worker'], {
      env: { ...process.env, TEMPORAL_ADDRESS: up.address },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    await new Promise<void>((resolve, reject) => {
      worker.stdout.once('data', () => resolve());
      worker.once('exit', (code) => reject(new Error(`myc-wf worker ended with ${code}`)));
    });
    const took = (performance.now() - began) / 1000;
    memory.push(await residentMegabytes(worker.pid!));
    worker.kill('SIGTERM');
    await exited;
    return took;
  });
  return {
    startSeconds,
    residentMB: await sampled(memory.length, (index) => Promise.resolve(memory[index]!)),
  };
}

async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return (Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024) / 1e6;
}
