import { loadConfig } from '../config/load.js';
import type { Context } from '../context.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';

export async function validateConfig(context: Context, file: string | undefined): Promise<ExitCode> {
  const { config, files } = file === undefined ? await context.config() : await loadConfig({ file });
  const hosts = Object.keys(config.hosts ?? {});
  const targets = Object.keys(config['backup-targets'] ?? {});
  const summary = `valid: ${hosts.length} hosts, ${targets.length} backup targets`;
  const text = files.length === 0 ? 'no configuration file yet' : [...files, summary].join('\n');
  context.output.result({ valid: true, files, hosts, backupTargets: targets }, text);
  return exitCodes.done;
}
