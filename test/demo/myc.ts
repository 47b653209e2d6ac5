import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readUpFile } from '../../client/up-file.js';
import { repository } from '../lab/names.js';
import { watch } from '../lab/programs.js';

const cli = path.join(repository, 'dist/client/cli.js');

/** Runs one command of the built CLI as an operator would, its progress on this terminal; resolves with its stdout. */
export async function myc(configFile: string, args: string[]): Promise<string> {
  process.stderr.write(`\n$ myc-wf ${args.join(' ')}\n`);
  const child = watch(
    spawn(process.execPath, [cli, '--config', configFile, ...args], {
      stdio: ['inherit', 'pipe', 'inherit'],
    }),
  );
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const exit = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 255));
  });
  if (exit !== 0) throw new Error(`myc-wf ${args.join(' ')} ended with ${exit}`);
  return stdout.trim();
}

/** `myc-wf up` in the background; it stays when the demo ends, so that its UI can be looked at. */
export async function ensureUp(configFile: string, dataDirectory: string): Promise<{ uiUrl: string }> {
  const running = await readUpFile(dataDirectory);
  if (running !== undefined && isAlive(running.pid)) return running;
  const log = openSync(path.join(path.dirname(configFile), 'up.log'), 'a');
  const child = spawn(process.execPath, [cli, '--config', configFile, 'up'], {
    stdio: ['ignore', log, log],
    detached: true,
  });
  child.unref();
  for (const deadline = Date.now() + 90_000; Date.now() < deadline; await sleep(200)) {
    const up = await readUpFile(dataDirectory);
    if (up?.pid === child.pid) return up!;
    if (child.exitCode !== null) break;
  }
  child.kill('SIGTERM');
  throw new Error(`myc-wf up did not become ready: see ${path.dirname(configFile)}/up.log`);
}

export async function stopUp(dataDirectory: string): Promise<void> {
  const running = await readUpFile(dataDirectory);
  if (running === undefined || !isAlive(running.pid)) return;
  process.kill(running.pid, 'SIGTERM');
  for (const deadline = Date.now() + 40_000; isAlive(running.pid) && Date.now() < deadline;) await sleep(100);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
