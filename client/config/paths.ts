import os from 'node:os';
import path from 'node:path';
import type { Config } from './schema.js';

/** Keys whose value is a path, wherever they stand. */
const pathKeys = new Set([
  'identity-file',
  'password-file',
  'signed-by-file',
  'git-key-file',
  'base-compose-file',
  'data-directory',
  'codec-key-file',
  'path',
]);

/** Paths are relative to the file they stand in; `~/` is the home of who runs the command. */
export function absolutePaths(config: Config, file: string): Config {
  return walk(config, path.dirname(path.resolve(file))) as Config;
}

function walk(value: unknown, folder: string): unknown {
  if (Array.isArray(value)) return value.map((item) => walk(item, folder));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      typeof item === 'string' && pathKeys.has(key) ? absolute(item, folder) : walk(item, folder),
    ]),
  );
}

function absolute(value: string, folder: string): string {
  if (value.startsWith('~/')) return path.join(os.homedir(), value.slice(2));
  return path.resolve(folder, value);
}
