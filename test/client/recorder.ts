import type { Context } from '../../client/context.js';
import type { Config } from '../../client/config/schema.js';
import type { Engine, Look, StartRequest } from '../../client/engine.js';
import type { Hosts } from '../../client/hosts.js';
import type { OperationId } from '../../workflows/contract/names.js';
import { makeProgram } from '../../client/program.js';
import type { Run } from '../../client/program/run.js';
import { makeOutput } from '../../client/output.js';
import { Readable, Writable } from 'node:stream';

export const operationId = '20261123T031500Z-k3x9qa' as OperationId;

/** Collects what is written to it. */
export class Sink extends Writable {
  text = '';
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

export interface Recorded {
  starts: StartRequest[];
  calls: unknown[][];
  stdout: string;
  stderr: string;
  exitCode: number | undefined;
}

export const completed: Look = {
  workflowId: 'host/vps1.lab',
  runId: 'r1',
  type: 'deploy',
  status: 'completed',
  startedAtMs: 0,
  endedAtMs: 1000,
  pending: [],
};

const refused = () => Promise.reject(new Error('a host was asked'));
const noHosts: Hosts = {
  host: refused,
  terminal: refused,
  backupTarget: refused,
  close: () => Promise.resolve(),
};

/** Runs a command line against an engine that records; the narrow interface is the only thing replaced. */
export async function record(
  words: readonly string[],
  {
    config,
    engine,
    hosts,
    stdin = '',
  }: { config?: Config; engine?: Partial<Engine>; hosts?: Partial<Hosts>; stdin?: string } = {},
): Promise<Recorded> {
  const recorded: Recorded = { starts: [], calls: [], stdout: '', stderr: '', exitCode: undefined };
  const stdout = new Sink();
  const stderr = new Sink();
  const note =
    (name: string, value?: unknown) =>
    (...args: unknown[]): Promise<never> => {
      recorded.calls.push([name, ...args]);
      return Promise.resolve(value as never);
    };
  const recording: Engine = {
    start: (request) => {
      recorded.starts.push(request);
      return Promise.resolve({ workflowId: request.workflowId, runId: 'r1' });
    },
    look: (workflowId) => Promise.resolve({ ...completed, workflowId }),
    list: note('list', []),
    answer: note('answer'),
    cancel: note('cancel'),
    result: note('result', { host: 'vps1.lab', changed: [], summary: 'already right' }),
    listSchedules: note('listSchedules', []),
    triggerSchedule: note('triggerSchedule'),
    pauseSchedule: note('pauseSchedule'),
    pollers: () => Promise.resolve(1),
    uiUrl: (workflowId) => `http://ui/${workflowId}`,
    close: () => Promise.resolve(),
    ...engine,
  };
  const run: Run = async ({ json = false }, command) => {
    const context: Context = {
      output: makeOutput({ json, stdout, stderr }),
      stdin: Object.assign(Readable.from([stdin]), { isTTY: false }) as unknown as NodeJS.ReadStream,
      stdout,
      terminal: {
        interactive: false,
        live: false,
        confirm: () => Promise.reject(new Error('asked')),
        choose: () => Promise.reject(new Error('asked')),
      },
      config: () =>
        Promise.resolve({
          config: config ?? { temporal: { address: 'team:7233' } },
          files: [],
          writeTo: '/nowhere/config.yml',
        }),
      watchConfig: () => Promise.resolve(config ?? {}),
      engine: () => Promise.resolve(recording),
      hosts: () => Promise.resolve({ ...noHosts, ...hosts }),
      makeOperationId: () => operationId,
      signal: new AbortController().signal,
    };
    recorded.exitCode = await command(context);
  };
  const program = makeProgram(run);
  try {
    await program.parseAsync(words, { from: 'user' });
  } finally {
    recorded.stdout = stdout.text;
    recorded.stderr = stderr.text;
  }
  return recorded;
}
