import { access, constants, stat } from 'node:fs/promises';
import type { Config } from '../config/schema.js';
import type { Context } from '../context.js';
import { subjectOf } from '../busy.js';
import { asCommandError } from '../errors.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';

export interface Check {
  ok: boolean;
  what: string;
  /** What to do; only when it is not ok. */
  next?: string;
}

/** Looks at everything a start relies on and says what is missing; changes nothing. */
export async function doctor(context: Context): Promise<ExitCode> {
  const checks: Check[] = [];
  const loaded = await context.config();
  checks.push(
    loaded.files.length === 0
      ? { ok: false, what: 'no configuration file', next: `write ${loaded.writeTo}` }
      : { ok: true, what: `configuration ${loaded.files.join(', ')}` },
  );
  checks.push(
    ...(await checkKeys(loaded.config)),
    ...checkHosts(loaded.config),
    ...(await checkTemporal(context)),
  );
  const text = checks.map(
    ({ ok, what, next }) => `${ok ? '✔' : '✘'} ${what}${next === undefined ? '' : `\n  ${next}`}`,
  );
  const healthy = checks.every(({ ok }) => ok);
  context.output.result({ ok: healthy, checks }, text.join('\n'));
  return healthy ? exitCodes.done : exitCodes.failed;
}

export async function checkKeys(config: Config): Promise<Check[]> {
  const entries = [...Object.values(config.hosts ?? {}), ...Object.values(config['backup-targets'] ?? {})];
  const files = new Set(entries.flatMap(({ 'identity-file': file }) => (file === undefined ? [] : [file])));
  return Promise.all([...files].map(checkKey));
}

async function checkKey(file: string): Promise<Check> {
  try {
    await access(file, constants.R_OK);
    const { mode } = await stat(file);
    if ((mode & 0o077) === 0) return { ok: true, what: `key ${file}` };
    return { ok: false, what: `key ${file} can be read by others`, next: `chmod 600 ${file}` };
  } catch {
    return {
      ok: false,
      what: `key ${file} cannot be read`,
      next: 'correct identity-file in the configuration',
    };
  }
}

export function checkHosts(config: Config): Check[] {
  return Object.entries(config.hosts ?? {}).map(([name, host]) =>
    (host['host-keys'] ?? []).length > 0
      ? { ok: true, what: `host ${name}` }
      : { ok: false, what: `host ${name} has no pinned key`, next: `myc-wf start vps-setup ${name}` },
  );
}

async function checkTemporal(context: Context): Promise<Check[]> {
  try {
    const engine = await context.engine();
    const pollers = await engine.pollers();
    const running = await engine.list({ runningOnly: true, limit: 100 });
    const looks = await Promise.all(running.map(({ workflowId, runId }) => engine.look(workflowId, runId)));
    const asking = looks.flatMap(({ workflowId, progress }) => {
      if (progress?.question === undefined) return [];
      const next = `myc-wf answer ${subjectOf(workflowId)} ${progress.question.answers.join('|')}`;
      return [{ ok: false, what: `${subjectOf(workflowId)} asks: ${progress.question.text}`, next }];
    });
    const worker =
      pollers > 0
        ? { ok: true, what: 'a worker asks for work' }
        : { ok: false, what: 'no worker asks for work', next: 'start one: myc-wf up, or myc-wf worker' };
    return [{ ok: true, what: 'Temporal answers' }, worker, ...asking];
  } catch (error) {
    const { message, next } = asCommandError(error);
    return [{ ok: false, what: message, ...(next === undefined ? {} : { next }) }];
  }
}
