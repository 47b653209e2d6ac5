import type { HeartbeatDetail } from '../workflows/contract/progress.js';
import type { Remote } from './adapters/remote/remote.js';

/**
 * A named job (decision 2): a transient systemd unit on the host whose record, under /var/lib/myc-wf/jobs/<key>, decides.
 * The key is made of the operation id, the step, the subject and the digest of script, arguments and input; never of the
 * run id. A retried activity attaches to the running job or reads the finished one.
 */
export interface JobRequest {
  operationId: string;
  /** Step id of the workflow: in heartbeats, in the key, in the lock file ("recover: data"). */
  step: string;
  /** What it is about when a step has several jobs: a service, a database, an ident. */
  subject?: string;
  /** Name of a file in activities/scripts/, without .sh; installed under a name by content hash. */
  script: string;
  /** Files of activities/scripts/lib/ that go before it, without .sh. */
  libraries?: readonly string[];
  args?: readonly string[];
  /** The script's standard input; kept 0600 on the host until the job has ended. May hold secrets. */
  input?: string | Uint8Array;
  /**
   * Takes the host's flock (default). A job that only reads (a backup's push) runs beside others with false; `beside` does so
   * too, and is of the operation that holds the host: left behind by a terminated one, the next operation stops it.
   */
  exclusive?: boolean | 'beside';
  /** Values masked in a failure's last lines. */
  secrets?: readonly string[];
  /** The job is stopped and fails as JobStalled when its progress has not moved for so long. 600 when left out. */
  stallSeconds?: number;
}

export interface JobResult {
  exit: number;
  /** What the script wrote to $MYC_RESULT (at most 48 KiB). */
  result: string;
  /** Last 20 lines of output, secrets masked. */
  lastLines: string[];
  /** False when the job had already ended before this call: nothing ran now. */
  ranNow: boolean;
}

/** How a script reports: it writes `phase [bytes [total]]` to the file $MYC_PROGRESS. */
export type OnProgress = (detail: HeartbeatDetail) => void;

/** Starts or attaches, waits, and returns the record; never throws for a job that exited non-zero. */
export type RunJob = (
  remote: Remote,
  request: JobRequest,
  onProgress: OnProgress,
  signal: AbortSignal,
) => Promise<JobResult>;

/**
 * The library with which every script reaches a PostgreSQL server; it is at home with the charms,
 * which use it as well.
 */
export const postgresLibrary = '../../../charms/lib/postgres';
