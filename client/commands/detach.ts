import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { lockHolder, runsAlready } from '../../worker/up-lock.js';
import { refuseTeam } from '../../worker/up.js';
import type { Context } from '../context.js';
import { CommandError } from '../errors.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { dataDirectory } from '../temporal-settings.js';

/** Temporal's binary may have to be fetched first. */
const readyWithinMs = 10 * 60_000;
/** The log's own bound, and what an earlier one left. */
const rotateAt = 1024 * 1024;

const readySchema = z.object({ event: z.literal('ready'), address: z.string(), uiUrl: z.string() });
type Ready = z.infer<typeof readySchema>;

/** `up --detach`: returns when server and worker are ready, and they go on; the log of both is a file. */
export async function upDetached(
  context: Context,
  { logFile }: { logFile?: string } = {},
  env = process.env,
): Promise<ExitCode> {
  const { config } = await context.config();
  await refuseTeam(config, env);
  const directory = dataDirectory(config);
  const running = await lockHolder(directory);
  if (running !== undefined) throw runsAlready(directory, running.pid);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const log = path.resolve(logFile ?? path.join(directory, 'up.log'));
  const from = startLog(log);
  context.output.say(`starting; the log is ${log}`);
  const child = startChild(log, context.configFile, env);
  try {
    const { address, uiUrl } = await ready(child, context.signal);
    const pid = child.pid!;
    context.output.result(
      { event: 'ready', address, uiUrl, pid, log },
      `ready  ${address}  ${uiUrl}\nprocess ${pid}; myc-wf down stops it`,
    );
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(
      exitCodes.failed,
      `up did not start: ${why}${endOf(log, from)}`,
      `the log is ${log}`,
    );
  }
  return exitCodes.done;
}

/** Where this attempt's words begin. */
function startLog(log: string): number {
  const size = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
  if (size < rotateAt) return size;
  renameSync(log, `${log}.1`);
  return 0;
}

/** In a session of its own: it outlives this terminal. What it says past its log (a crash) goes to the same file. */
function startChild(log: string, configFile: string | undefined, env: NodeJS.ProcessEnv): ChildProcess {
  const file = openSync(log, 'a', 0o600);
  const config = configFile === undefined ? [] : ['--config', configFile];
  const argv = [...process.execArgv, process.argv[1]!, ...config, 'up', '--log-file', log];
  try {
    return spawn(process.execPath, argv, { env, detached: true, stdio: ['ignore', file, file, 'ipc'] });
  } finally {
    closeSync(file);
  }
}

async function ready(child: ChildProcess, signal: AbortSignal): Promise<Ready> {
  let give: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Ready>((resolve, reject) => {
      const stop = (error: Error): void => {
        child.kill('SIGTERM');
        reject(error);
      };
      child.once('error', reject);
      child.once('exit', (code, by) => reject(new Error(`it ended with ${by ?? `exit code ${code}`}`)));
      child.on('message', (message) => {
        const told = readySchema.safeParse(message);
        if (told.success) resolve(told.data);
      });
      const left = (): void =>
        stop(new CommandError(exitCodes.detached, 'left before it was ready; it was stopped'));
      if (signal.aborted) left();
      else signal.addEventListener('abort', left, { once: true });
      give = setTimeout(() => stop(new Error('it was not ready in 10 minutes')), readyWithinMs);
    });
  } finally {
    clearTimeout(give);
    child.removeAllListeners();
    if (child.connected) child.disconnect();
    child.unref();
  }
}

/** What the attempt said last, as people read it. */
function endOf(log: string, from: number): string {
  const said = readFileSync(log).subarray(from).toString('utf8');
  // It says why it ended both in its log and to whoever sits at it.
  const all = said.trim().split('\n').flatMap(plain);
  const lines = [...new Set(all.map((line) => line.replace(/^\s*(?:error: )?/, '')))]
    .filter(Boolean)
    .slice(-5);
  return lines.length === 0 ? '' : `\n  ${lines.join('\n  ')}`;
}

/** Of an entry of the log its message. */
function plain(line: string): string[] {
  try {
    const { msg } = JSON.parse(line) as { msg?: string };
    return (msg ?? line).split('\n');
  } catch {
    return [line];
  }
}
