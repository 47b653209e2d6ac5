import { durationText } from '../workflows/contract/amounts.js';
import type { JobNews } from './job-log-reader.js';

export interface LogLine {
  text: string;
  /** The same for --json. */
  event: object;
}

/** `compose-ready │ Setting up docker.io …`: each line under the job that said it, as docker compose shows services. */
export function logLines(jobs: readonly JobNews[], severalHosts: boolean): LogLine[] {
  const labels = jobs.map(({ host, step, subject }) =>
    [severalHosts ? host : '', step, subject].filter(Boolean).join(' '),
  );
  const width = Math.max(0, ...labels.map(({ length }) => length));
  return jobs.flatMap((job, i) => {
    const label = (labels[i] ?? '').padEnd(width);
    const { host, step, subject, key } = job;
    const about = { host, step, subject, job: key };
    const said = job.lines.map((line) => ({
      text: `${label} │ ${line}`.trimEnd(),
      event: { event: 'line', ...about, line },
    }));
    const end = endOf(job);
    if (end === undefined) return said;
    const { exit, state, progress } = job;
    return [...said, { text: `${label} └ ${end}`, event: { event: 'job', ...about, state, exit, progress } }];
  });
}

function endOf({ ended, state, exit, startedAtMs, endedAtMs }: JobNews): string | undefined {
  if (state === 'lost') return 'cut off by a reboot of the host; its operation starts it again';
  if (!ended) return undefined;
  const took = durationText((endedAtMs ?? startedAtMs) - startedAtMs);
  return `ended with exit code ${exit} after ${took}`;
}
