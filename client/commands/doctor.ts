import { access, constants, stat } from 'node:fs/promises';
import type { Config } from '../config/schema.js';
import type { Context } from '../context.js';
import { type Check, bad, good, mark, refused } from '../doctor/check.js';
import { checkHosts } from '../doctor/hosts.js';
import { checkTargets } from '../doctor/targets.js';
import { type TemporalHealth, checkTemporal } from '../doctor/temporal.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';

/** Looks at everything a start relies on and says what is missing; changes nothing. */
export async function doctor(context: Context): Promise<ExitCode> {
  const { config, files, writeTo } = await context.config();
  const configuration =
    files.length === 0
      ? bad('no configuration file', `write ${writeTo}`)
      : good(`configuration ${files.join(', ')}`);
  const { signal } = context;
  const temporal = await healthOf(context, config);
  const [keys, hosts, targets] = await Promise.all([
    checkKeys(config),
    context.hosts().then((reached) => checkHosts(config, reached, signal)),
    context.hosts().then((reached) => checkTargets(config, reached, temporal.recovering, signal)),
  ]);
  if (signal.aborted) return exitCodes.detached;
  const checks = [configuration, ...keys, ...hosts, ...targets, ...temporal.checks];
  const text = checks.map(
    (check) => `${mark(check)} ${check.what}${check.next === undefined ? '' : `\n  ${check.next}`}`,
  );
  const healthy = checks.every(({ ok }) => ok);
  context.output.result({ ok: healthy, checks }, text.join('\n'));
  return healthy ? exitCodes.done : exitCodes.failed;
}

async function healthOf(context: Context, config: Config): Promise<TemporalHealth> {
  try {
    return await checkTemporal(await context.engine(), config);
  } catch (error) {
    return { checks: [refused(error)], recovering: false };
  }
}

async function checkKeys(config: Config): Promise<Check[]> {
  const entries = [...Object.values(config.hosts ?? {}), ...Object.values(config['backup-targets'] ?? {})];
  const files = new Set(entries.flatMap(({ 'identity-file': file }) => (file === undefined ? [] : [file])));
  return Promise.all([...files].map(checkKey));
}

async function checkKey(file: string): Promise<Check> {
  try {
    await access(file, constants.R_OK);
    const { mode } = await stat(file);
    if ((mode & 0o077) === 0) return good(`key ${file}`);
    return bad(`key ${file} can be read by others`, `chmod 600 ${file}`);
  } catch {
    return bad(`key ${file} cannot be read`, 'correct identity-file in the configuration');
  }
}
