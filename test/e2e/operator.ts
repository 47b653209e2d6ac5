import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { commandLine } from '../../activities/commands/quote.js';
import { parseConfig } from '../../client/config/parse.js';
import type { Config } from '../../client/config/schema.js';
import type { TemporalSettings } from '../../client/temporal-settings.js';
import { readUpFile } from '../../client/up-file.js';
import { freePort } from '../../worker/free-port.js';
import type { Lab } from '../lab/lab.js';
import { repository } from '../lab/names.js';
import { run } from '../lab/run.js';

/** An operator at a lab: a configuration, a data directory and ports of their own, and the built CLI. */
export interface Operator {
  configFile: string;
  folder: string;
  /** What a test needs that speaks to Temporal itself, as somebody in the UI would. */
  settings: TemporalSettings;
  /** `myc-wf --config <configFile> ARGS…` to its end, without a terminal. */
  myc(args: string[], options?: MycOptions): Promise<Outcome>;
  /** The same, while it runs. */
  start(args: string[], options?: StartOptions): Running;
  /** The same as `myc`, and it has to end with 0: the error carries all that was said otherwise. */
  done(...args: string[]): Promise<Outcome>;
  /** `myc-wf up`, ready. */
  up(): Promise<RunningUp>;
  /** Ends every `up`, and a server that a killed one left; removes the folder. */
  close(): Promise<void>;
}

export interface MycOptions {
  stdin?: string;
  env?: NodeJS.ProcessEnv;
}

export interface StartOptions {
  /** A person sits there: it runs at a terminal. */
  terminal?: boolean;
  env?: NodeJS.ProcessEnv;
}

export interface Running {
  /** At a terminal stderr too. */
  stdout(): string;
  stderr(): string;
  type(text: string): void;
  /** Ctrl-C, and its end. */
  interrupt(): Promise<number>;
  ended: Promise<number>;
}

export interface Outcome {
  status: number;
  stdout: string;
  stderr: string;
}

export interface RunningUp {
  pid: number;
  address: string;
  uiUrl: string;
  /** What it has written to stderr until now. */
  said(): string;
  /** Ctrl-C, and its end. */
  stop(): Promise<number>;
  /** Worker and supervisor die at once; the Temporal server stays behind, as it would. */
  kill9(): Promise<void>;
  /** The Temporal server alone dies; `up` starts it again. */
  killServer9(): Promise<void>;
}

export interface OperatorOptions {
  /** Changes the lab's configuration before it is written: hosts left out, keys forgotten, other settings. */
  configure?: (config: Config) => Config;
}

export async function openOperator(lab: Lab, { configure }: OperatorOptions = {}): Promise<Operator> {
  await run(['bash', path.join(repository, 'test/setup/build.sh')]);
  const folder = await mkdtemp(path.join(tmpdir(), 'myc-wf-operator-'));
  const configFile = path.join(folder, 'config.yml');
  // Parsed as the lab's own file, so that its paths are absolute here.
  const labConfig = parseConfig(await readFile(lab.configFile, 'utf8'), lab.configFile);
  const config: Config = {
    ...labConfig,
    'data-directory': path.join(folder, 'data'),
    temporal: {
      ...labConfig.temporal,
      port: await freePort(),
      'ui-port': await freePort(),
    },
  };
  const written = configure?.(config) ?? config;
  await writeFile(configFile, stringify(written, { lineWidth: 0 }), { mode: 0o600 });
  const started = new Set<ChildProcess>();
  const start = (args: string[], extra: NodeJS.ProcessEnv = {}): ChildProcess => {
    const argv = [path.join(repository, 'dist/client/cli.js'), '--config', configFile, ...args];
    const child = spawn(process.execPath, argv, { cwd: folder, env: { ...environment(), ...extra } });
    started.add(child);
    child.once('exit', () => started.delete(child));
    return child;
  };

  /** At a terminal that `script` makes, without a size, and which hands the exit code on. */
  const sitting = (args: string[], extra: NodeJS.ProcessEnv): ChildProcess => {
    const argv = [
      process.execPath,
      path.join(repository, 'dist/client/cli.js'),
      '--config',
      configFile,
      ...args,
    ];
    const env = { ...environment(), ...extra, TERM: 'xterm', SHELL: '/bin/bash' };
    const child = spawn('script', ['-qec', `stty rows 24 cols 80; ${commandLine(argv)}`, '/dev/null'], {
      cwd: folder,
      env,
    });
    started.add(child);
    child.once('exit', () => started.delete(child));
    return child;
  };

  const myc: Operator['myc'] = (args, { stdin = '', env } = {}) => outcome(start(args, env), stdin);

  return {
    configFile,
    folder,
    settings: written,
    myc,
    start: (args, { terminal = false, env = {} } = {}) =>
      running(terminal ? sitting(args, env) : start(args, env)),
    done: async (...args) => {
      const ended = await myc(args);
      if (ended.status === 0) return ended;
      throw new Error(`myc-wf ${args.join(' ')}: exit ${ended.status}\n${ended.stdout}${ended.stderr}`);
    },
    up: () => runningUp(start(['--json', 'up']), path.join(folder, 'data')),
    close: async () => {
      await Promise.all([...started].map((child) => ended(child, 'SIGTERM')));
      await killServer(path.join(folder, 'data'));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Nothing of whoever runs the tests: no Temporal of theirs, no agent, no colours. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(TEMPORAL_|MYC_WF_|SSH_|FORCE_COLOR|NODE_OPTIONS|VITEST)/.test(name),
  );
  return { ...Object.fromEntries(kept), NO_COLOR: '1' };
}

function outcome(child: ChildProcess, stdin: string): Promise<Outcome> {
  const stdout = collected(child.stdout!);
  const stderr = collected(child.stderr!);
  child.stdin!.on('error', () => undefined).end(stdin);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ status: code ?? 255, stdout: stdout(), stderr: stderr() }));
  });
}

function running(child: ChildProcess): Running {
  child.stdin!.on('error', () => undefined);
  const closed = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 255)));
  return {
    stdout: collected(child.stdout!),
    stderr: collected(child.stderr!),
    type: (text) => void child.stdin!.write(text),
    interrupt: () => {
      child.kill('SIGINT');
      return closed;
    },
    ended: closed,
  };
}

async function runningUp(child: ChildProcess, dataDirectory: string): Promise<RunningUp> {
  const stdout = collected(child.stdout!);
  const said = collected(child.stderr!);
  for (const deadline = Date.now() + 90_000; !stdout().includes('\n'); await sleep(50))
    if (child.exitCode !== null || Date.now() > deadline)
      throw new Error(`myc-wf up did not become ready (exit ${child.exitCode}):\n${stdout()}${said()}`);
  const { address, uiUrl } = JSON.parse(stdout().split('\n')[0]!) as { address: string; uiUrl: string };
  return {
    ...{ pid: child.pid!, address, uiUrl, said },
    stop: () => ended(child, 'SIGTERM'),
    kill9: async () => void (await ended(child, 'SIGKILL')),
    killServer9: () => killServer(dataDirectory),
  };
}

function collected(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return () => text;
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode ?? 255;
  const exit = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 255)));
  child.kill(signal);
  return exit;
}

async function killServer(dataDirectory: string): Promise<void> {
  const up = await readUpFile(dataDirectory);
  try {
    if (up !== undefined) process.kill(up.serverPid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
