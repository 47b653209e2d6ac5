import { subjectOf } from '../busy.js';
import type { Config } from '../config/schema.js';
import type { Engine, Look, ScheduleRow } from '../engine.js';
import { outsideName } from '../../workflows/contract/outside-names.js';
import { parseListedId } from '../workflow-id.js';
import { type Check, bad, good, noted } from './check.js';
import { ownValue } from '../../workflows/contract/own-value.js';

export interface TemporalHealth {
  checks: Check[];
  recovering: boolean;
}

/** Temporal, its workers, what waits for a person, and backups that are paused. */
export async function checkTemporal(engine: Engine, config: Config): Promise<TemporalHealth> {
  const pollers = await engine.pollers();
  const running = await engine.list({ runningOnly: true, limit: 100 });
  const own = running.filter(({ workflowId }) => outsideName(workflowId, parseListedId) !== undefined);
  const looks = await Promise.all(own.map(({ workflowId, runId }) => engine.look(workflowId, runId)));
  const worker =
    pollers > 0
      ? good('a worker asks for work')
      : bad('no worker asks for work', 'start one: myc-wf up, or myc-wf worker');
  const schedules = (await engine.listSchedules()).filter(
    ({ id }) => outsideName(id, parseListedId) !== undefined,
  );
  return {
    checks: [
      good('Temporal answers'),
      worker,
      ...looks.flatMap(asked),
      ...schedules.flatMap((row) => paused(row, config)),
    ],
    recovering: running.some(({ type }) => type.startsWith('recover')),
  };
}

function asked({ workflowId, progress }: Look): Check[] {
  if (progress?.question === undefined) return [];
  const next = `myc-wf answer ${subjectOf(workflowId)} ${progress.question.answers.join('|')}`;
  return [bad(`${subjectOf(workflowId)} asks: ${progress.question.text}`, next)];
}

/** A recovery pauses the backups of the host it stands in for. */
function paused({ id, paused, note }: ScheduleRow, { hosts, temporal }: Config): Check[] {
  if (!paused) return [];
  const host = id.replace(/^schedule\/backup\//, '');
  const lost = temporal?.address === undefined && ownValue(hosts, host) === undefined;
  const why = note === undefined ? '' : ` (${note})`;
  const what = lost
    ? `the backups of ${host} are paused${why}, and it is not in the inventory any more`
    : `the backups of ${host} are paused${why}`;
  return [noted(what, `myc-wf schedule resume ${host} when it is there again; they stay paused else`)];
}
