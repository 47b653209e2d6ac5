import type { StageInput, StageResult } from './activities.js';
import type { Remote } from './adapters/remote/remote.js';
import type { CharmRepository } from './charm-repositories.js';
import type { StageContext } from './converge.js';
import { jobFailed } from './failures.js';
import { joinJobs } from './join-jobs.js';
import { lookAt } from './look-at.js';
import { runJob } from './run-job.js';

/** Puts the charm repositories that differ under /srv/charm-store, each as one archive. */
export async function installCharms(
  context: StageContext,
  input: StageInput,
  repositories: readonly CharmRepository[],
): Promise<StageResult> {
  const { remote, onProgress, signal, retried = false } = context;
  onProgress({ step: input.step, phase: 'looking' });
  // What an earlier attempt installed is told, and not looked at half way.
  const earlier = retried ? await joinJobs(remote, input, onProgress, signal) : [];
  const installed = await installedCharms(remote, repositories, signal);
  const missing = repositories.filter(({ name, digest }) => installed.get(name) !== digest);
  const told = ({ name, charms }: CharmRepository): string =>
    `installed the charms of ${name} (${charms.length})`;
  for (const repository of input.dryRun ? [] : missing) {
    const { name, digest, archive } = repository;
    const { exit, lastLines } = await runJob(
      remote,
      {
        operationId: input.operationId,
        step: input.step,
        subject: name,
        script: 'charm-store',
        args: ['install', name, digest, told(repository)],
        input: archive(),
      },
      onProgress,
      signal,
    );
    if (exit !== 0) throw jobFailed({ host: input.host, step: input.step, subject: name, exit, lastLines });
  }
  return {
    changed: [...new Set([...earlier.map((line) => line.trim()).filter(Boolean), ...missing.map(told)])],
    summary: `${new Set(repositories.flatMap(({ charms }) => charms.map(({ name }) => name))).size} charms`,
  };
}

/** What stands on the host, by repository: the digest of its content. */
export async function installedCharms(
  remote: Remote,
  repositories: readonly CharmRepository[],
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const names = repositories.map(({ name }) => name);
  const said = await lookAt(remote, 'charm-store', ['look', ...names], { signal });
  const lines = said.split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => line.split(' ') as [string, string]));
}
