import { readFile } from 'node:fs/promises';
import { BadInput } from '../workflows/contract/bad-input.js';
import { type DockerName, parseDockerName, parsePort } from '../workflows/contract/names.js';
import { outsideNames } from '../workflows/contract/outside-names.js';
import type { CutoffInput, CutoffResult } from './activities.js';
import type { Remote } from './adapters/remote/remote.js';
import type { StageContext } from './converge.js';
import { joinJobs } from './join-jobs.js';
import { lookAt } from './look-at.js';
import { succeeding } from './service-jobs.js';

export interface CutoffState {
  ports: number[];
  /** Containers on the host's own network, which no rule reaches. */
  uncovered: string[];
  /** The rules hold as they are written down. */
  holds: boolean;
}

/** Where charms have it at hand, too: an action that must not let mail out cuts it off itself. */
const inLibrary = (name: string): Promise<Buffer> =>
  readFile(new URL(`../charms/lib/${name}`, import.meta.url));

/** Containers no longer reach these ports outside, or do again; kept over reboots and restarts of Docker. */
export async function ensureCutoff(context: StageContext, input: CutoffInput): Promise<CutoffResult> {
  const { remote, signal, onProgress, before = [], retried = false } = context;
  const asked = input.ports.map((port) => parsePort(port));
  // What an earlier attempt changed is told, and not looked at half way.
  const earlier = retried ? await joinJobs(remote, input, onProgress, signal) : [];
  const now = await cutoffState(remote, input.host, signal);
  const { ports, changed } = wanted(now, asked, input.lift);
  const told = changed.length === 0 && !now.holds ? ['applied the rules again'] : changed;
  if (told.length > 0 && !input.dryRun) {
    const files = await Promise.all(['cutoff.sh', 'cutoff.conf'].map(inLibrary));
    await succeeding(context, input, {
      script: 'cutoff',
      args: [told.join('\n'), ...ports.map(String)],
      input: files.map((file) => `${file.toString('base64')}\n`).join(''),
    });
  }
  const done = earlier.flatMap((result) => result.split('\n').filter((line) => line !== ''));
  const all = [...new Set([...before, ...done, ...told])];
  const uncovered = ports.length === 0 ? [] : now.uncovered;
  return { changed: all, summary: all.join(', '), ports, uncovered };
}

/** What is to be cut off then, and what that changes. */
export function wanted(
  now: Pick<CutoffState, 'ports'>,
  asked: readonly number[],
  lift: boolean,
): { ports: number[]; changed: string[] } {
  const lifted = now.ports.filter((port) => lift && (asked.length === 0 || asked.includes(port)));
  const added = lift ? [] : asked.filter((port) => !now.ports.includes(port));
  const ports = [...new Set([...now.ports.filter((port) => !lifted.includes(port)), ...added])];
  return {
    ports: ports.sort((a, b) => a - b),
    changed: [
      ...lifted.map((port) => `lifted ${port}`),
      ...[...new Set(added)].map((port) => `cut off ${port}`),
    ],
  };
}

export async function cutoffState(remote: Remote, host: string, signal: AbortSignal): Promise<CutoffState> {
  const lines = (await lookAt(remote, 'cutoff-look', [], { signal }))
    .split('\n')
    .map((line) => line.split(' '));
  const of = (kind: string): string[] =>
    lines.filter(([word]) => word === kind).map(([, value = '']) => value);
  if (of('docker').length === 0)
    throw new BadInput(`${host} has no Docker`, `myc-wf start deploy ${host} first`);
  const { names: ports } = outsideNames(of('port'), parsePort);
  const { names: uncovered } = outsideNames<DockerName>(of('uncovered'), parseDockerName);
  return { ports, uncovered, holds: of('broken').length === 0 };
}
