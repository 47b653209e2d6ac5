import { type JobLog, type JobLogsQuery, readJobLogs, secretsOfHost } from '../activities/job-logs.js';
import type { Remote } from '../activities/adapters/remote/remote.js';
import type { HostName } from '../workflows/contract/names.js';
import { type CommandError, asCommandError } from './errors.js';
import type { Hosts } from './hosts.js';

/** What a job said since the last look at it. */
export interface JobNews extends Omit<JobLog, 'offset'> {
  host: HostName;
  /** It was not over at the last look, and is now. */
  ended: boolean;
}

interface Reading {
  remote: Remote;
  secrets: string[];
  offsets: Map<string, number>;
  over: Set<string>;
}

/** Reads the jobs of a run on its hosts, each time from where it was. A host that cannot be read is told, and left out. */
export class JobLogReader {
  readonly #readings = new Map<HostName, Reading>();
  /** Why a host could not be read. */
  readonly failed = new Map<HostName, CommandError>();
  /** Those that had a job, also when another one is asked for. */
  readonly steps = new Set<string>();

  constructor(
    readonly hosts: Hosts,
    readonly names: readonly HostName[],
    readonly query: Omit<JobLogsQuery, 'after' | 'secrets'> & { step?: string },
  ) {}

  async read(signal: AbortSignal): Promise<JobNews[]> {
    const news = await Promise.all(
      this.names.map(async (host) => {
        try {
          const read = await this.#readHost(host, signal);
          this.failed.delete(host);
          return read;
        } catch (error) {
          if (!signal.aborted) this.failed.set(host, asCommandError(error));
          return [];
        }
      }),
    );
    return news.flat();
  }

  async #readHost(host: HostName, signal: AbortSignal): Promise<JobNews[]> {
    const reading = this.#readings.get(host) ?? (await this.#open(host, signal));
    const { remote, secrets, offsets, over } = reading;
    // The first look takes the last lines; what is said from then on is taken whole.
    const { lines, step, ...query } = this.query;
    const wanted = this.#readings.has(host) || lines === undefined ? query : { ...query, lines };
    const jobs = await readJobLogs(remote, { ...wanted, after: offsets, secrets }, signal);
    this.#readings.set(host, reading);
    for (const job of jobs) this.steps.add(job.step);
    const asked = step === undefined ? jobs : jobs.filter((job) => job.step === step);
    return asked.map(({ offset, ...job }) => {
      const ended = job.state === 'ended' && !over.has(job.key);
      if (ended) over.add(job.key);
      offsets.set(job.key, offset);
      return { host, ...job, ended };
    });
  }

  async #open(host: HostName, signal: AbortSignal): Promise<Reading> {
    const remote = await this.hosts.host(host);
    return { remote, secrets: await secretsOfHost(remote, signal), offsets: new Map(), over: new Set() };
  }
}
