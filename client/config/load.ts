import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import envPaths from 'env-paths';
import { CommandError, usage } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import { maxConfigBytes, parseConfig } from './parse.js';
import type { Config } from './schema.js';
import { ownValue } from '../../workflows/contract/own-value.js';

export interface LoadedConfig {
  config: Config;
  /** The files read, in the order they were merged; the last one is where a host is added. */
  files: string[];
  /** Where a first host is written when no file exists yet. */
  writeTo: string;
}

export interface LoadOptions {
  /** --config; then MYC_WF_CONFIG; then the usual places. */
  file?: string | undefined;
  env?: NodeJS.ProcessEnv;
  isRoot?: boolean;
}

/** Named files must exist; of the usual places those that do are merged, the user's over the machine's. */
export async function loadConfig(options: LoadOptions = {}): Promise<LoadedConfig> {
  const { named, usual } = candidates(options);
  if (named !== undefined) {
    const config = await readConfig(named);
    if (config === undefined)
      throw usage(`${named} does not exist`, 'name an existing file with --config or MYC_WF_CONFIG');
    return { config, files: [named], writeTo: named };
  }
  const found: { file: string; config: Config }[] = [];
  for (const file of usual) {
    const config = await readConfig(file);
    if (config !== undefined) found.push({ file, config });
  }
  return {
    config: found.reduce<Config>((merged, { config }) => mergeConfig(merged, config), {}),
    files: found.map(({ file }) => file),
    writeTo: found.at(-1)?.file ?? usual.at(-1)!,
  };
}

/** Changes with any of the files that loadConfig would read, and when one appears or goes. */
export async function configStamp(options: LoadOptions = {}): Promise<string> {
  const { named, usual } = candidates(options);
  const stamps = (named === undefined ? usual : [named]).map(async (file) => {
    const found = await stat(file, { bigint: true }).catch(() => undefined);
    return found === undefined ? '' : `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}`;
  });
  return (await Promise.all(stamps)).join('\n');
}

function candidates(options: LoadOptions): { named: string | undefined; usual: string[] } {
  const { env = process.env, isRoot = process.getuid?.() === 0 } = options;
  const named = options.file ?? env['MYC_WF_CONFIG'];
  return {
    named: named === undefined || named === '' ? undefined : path.resolve(named),
    usual: usualFiles(isRoot),
  };
}

function usualFiles(isRoot: boolean): string[] {
  const own = path.join(envPaths('0km', { suffix: '' }).config, 'config.yml');
  return isRoot ? ['/etc/0km/config.yml', own] : [own];
}

async function readConfig(file: string): Promise<Config | undefined> {
  try {
    // Asked before reading: a huge file, or a device, is never taken in.
    const { size } = await stat(file);
    if (size > maxConfigBytes) throw usage(`${file} is over 1 MiB`, 'name a configuration file');
    return parseConfig(await readFile(file, 'utf8'), file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (typeof code === 'string') throw new CommandError(exitCodes.usage, `${file} cannot be read: ${code}`);
    throw error;
  }
}

/** Mappings merge key by key; lists and values of `over` replace. */
export function mergeConfig(base: Config, over: Config): Config {
  return merge(base, over) as Config;
}

function merge(base: unknown, over: unknown): unknown {
  if (!isMapping(base) || !isMapping(over)) return over;
  // A spread and fromEntries define their keys, so that a key such as "__proto__" reaches no prototype.
  const added = Object.entries(over).map(([key, value]): [string, unknown] => [
    key,
    Object.hasOwn(base, key) ? merge(ownValue(base, key), value) : value,
  ]);
  return { ...base, ...Object.fromEntries(added) };
}

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
