import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseCharmName } from '../../workflows/contract/names.js';
import type { Charm } from './charm.js';
import { hookFault } from './hooks.js';
import { parseMetadata } from './metadata.js';
import { YamlError } from './problem.js';

/** The charms of one repository folder, sub-folders too, by name. The only file of the engine that reads files. */
export function loadCharms(folder: string, repository: string): Charm[] {
  return metadataFiles(folder)
    .map((directory) => loadCharm(directory, relative(folder, directory).replaceAll('\\', '/'), repository))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function loadCharm(directory: string, name: string, repository: string): Charm {
  const file = join(directory, 'metadata.yml');
  const build = digestOf(join(directory, 'build'));
  const resources = digestOf(join(directory, 'resources'));
  const read = readMetadata(file);
  const hooks = list(join(directory, 'hooks'))
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
  return {
    name: parseCharmName(name),
    repository,
    ...read,
    hooks,
    warnings: [
      ...hooks.flatMap((hook) => hookFault(hook, isExecutable(join(directory, 'hooks', hook))) ?? []),
      // Docker would make a folder of it.
      ...(read.metadata['charm-resources'] ?? [])
        .filter((path) => !existsSync(join(directory, 'resources', path)))
        .map((path) => `charm-resources has ${path}, and there is no resources${path}`),
    ],
    ...(build === undefined ? {} : { buildDigest: build }),
    ...(resources === undefined ? {} : { resourcesDigest: resources }),
  };
}

function readMetadata(file: string): Pick<Charm, 'metadata' | 'fault'> {
  try {
    return { metadata: parseMetadata(readFileSync(file, 'utf8'), file) };
  } catch (error) {
    if (!(error instanceof YamlError)) throw error;
    return { metadata: parseMetadata('', file), fault: error };
  }
}

function metadataFiles(folder: string): string[] {
  const entries = list(folder);
  if (entries.some((entry) => entry.isFile() && entry.name === 'metadata.yml')) return [folder];
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
    .flatMap((entry) => metadataFiles(join(folder, entry.name)));
}

/** A digest over the names, executable bits and content of a folder's files; undefined when there is no such folder. */
function digestOf(folder: string): string | undefined {
  const files = filesUnder(folder);
  if (files.length === 0) return undefined;
  const hash = createHash('sha256');
  for (const file of files) {
    const content = readFileSync(file);
    hash
      .update(`${relative(folder, file)}\0${isExecutable(file) ? 'x' : '-'}\0${content.length}\0`)
      .update(content);
  }
  return hash.digest('hex');
}

const isExecutable = (file: string): boolean => (statSync(file).mode & 0o100) !== 0;

function filesUnder(folder: string): string[] {
  return list(folder).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesUnder(path);
    return entry.isFile() ? [path] : [];
  });
}

function list(folder: string): { name: string; isFile(): boolean; isDirectory(): boolean }[] {
  const found = statSync(folder, { throwIfNoEntry: false });
  if (found?.isDirectory() !== true) return [];
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((entry) => (entry.isSymbolicLink() ? linked(folder, entry.name) : entry));
}

/** Charms share a file by a link; a folder is not followed, since it may hold the link itself. */
function linked(folder: string, name: string): ReturnType<typeof list>[number] {
  const file = statSync(join(folder, name), { throwIfNoEntry: false })?.isFile() === true;
  return { name, isFile: () => file, isDirectory: () => false };
}
