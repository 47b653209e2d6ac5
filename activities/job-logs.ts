import { printableLogLine } from '../workflows/contract/printable.js';
import type { Remote } from './adapters/remote/remote.js';
import { masked, secretsInText } from './commands/known-secrets.js';
import { servicesLook } from './host-services.js';
import { lookAt } from './look-at.js';

/** What is known of a named job by its record on the host. */
export interface JobLog {
  key: string;
  operationId: string;
  step: string;
  /** As the key has it: lower case, dashes. Empty when the step has one job. */
  subject: string;
  startedAtMs: number;
  /** `lost`: cut off by a reboot, to be started again. */
  state: 'ended' | 'running' | 'lost';
  exit?: number;
  endedAtMs?: number;
  /** What it says of itself while it runs: phase, bytes, total. */
  progress?: string;
  /** Control characters left out before secrets are masked, since they may stand within one. */
  lines: string[];
  /** Where a later look goes on. */
  offset: number;
}

export interface JobLogsQuery {
  /** The newest operation that ran a job on the host when left out. */
  operationId?: string;
  /** Of each job; all of them when left out. */
  lines?: number;
  /** Of jobs that were read before: their keys and offsets. */
  after?: ReadonlyMap<string, number>;
  secrets?: readonly string[];
  /** Where the host keeps its records; another folder in tests. */
  root?: string;
}

/** Reads the records of an operation's jobs, oldest first; changes nothing. */
export async function readJobLogs(
  remote: Remote,
  query: JobLogsQuery,
  signal?: AbortSignal,
): Promise<JobLog[]> {
  const { operationId, lines, after = new Map<string, number>(), secrets } = query;
  const prefix = operationId === undefined ? 'newest' : `${operationId}.`;
  const words = [query.root ?? '/var/lib/myc-wf', prefix, lines === undefined ? 'all' : String(lines)];
  words.push(...[...after].flatMap(([key, offset]) => [key, String(offset)]));
  const jobs: JobLog[] = [];
  const onLine = (line: string): void => readLine(jobs, line, secrets);
  await lookAt(remote, 'job-logs', words, { onLine, signal });
  return jobs.filter(({ key }) => key !== '');
}

/** As job-key.ts makes them. */
const jobKeyForm = /^([0-9]{8}T[0-9]{6}Z-[a-z0-9]{6})\.([a-z0-9-]{1,40})\.([a-z0-9-]{1,40})\.[0-9a-f]{1,64}$/;

const numberOf = (text = ''): number => (/^\d{1,15}$/.test(text) ? Number(text) : 0);

function readLine(jobs: JobLog[], line: string, secrets: readonly string[] | undefined): void {
  const [, word, rest = ''] = /^(\w+) ?(.*)$/s.exec(line) ?? [];
  if (word === 'job') {
    const [key = '', started] = rest.split(' ');
    const [, operationId = '', step = '', subject = ''] = jobKeyForm.exec(key) ?? [];
    // What another program put beside the records is no job; its lines go to nobody's.
    const about = {
      key: operationId === '' ? '' : key,
      operationId,
      step,
      startedAtMs: numberOf(started) * 1000,
    };
    jobs.push({ ...about, subject: subject === '-' ? '' : subject, state: 'lost', lines: [], offset: 0 });
    return;
  }
  const job = jobs.at(-1);
  if (job === undefined) return;
  if (word === 'output') job.lines.push(masked(printableLogLine(rest), secrets).slice(0, 4000));
  else if (word === 'read') job.offset = numberOf(rest);
  else if (word === 'running') Object.assign(job, { state: 'running', progress: printableLogLine(rest) });
  else if (word === 'exit') {
    const [code, ended] = rest.split(' ');
    Object.assign(job, { state: 'ended', exit: numberOf(code), endedAtMs: numberOf(ended) * 1000 });
  }
}

/**
 * The secrets a host's jobs and containers may have said: its services' generated passwords, what
 * hooks told each other, and what a compose.yml names like one: the host's own, what operations
 * were given instead, and what runs.
 */
export async function secretsOfHost(remote: Remote, signal: AbortSignal): Promise<string[]> {
  const said = await servicesLook(remote, 'plan', signal);
  const generated = (said.get('secret') ?? []).map((secret) => secret.trim());
  const named = ['compose', 'relation', 'known'].flatMap((word) => said.get(word) ?? []);
  return [...new Set([...generated, ...named.flatMap(secretsInText)])].filter(Boolean);
}
