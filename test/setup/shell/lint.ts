import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { arithmeticFaults } from './arithmetic.js';
import { type Fault, type Script, hostPathFaults } from './host-paths.js';

/** The faults of the charms below a folder. */
export function charmFaults(charms: string): Fault[] {
  const faults = readdirSync(charms, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'engine')
    .flatMap(({ name }) => {
      const scripts = scriptsOf(
        join(charms, name),
        name === 'lib' ? [''] : ['hooks', 'actions', 'lib', 'dumps', 'probes'],
      );
      return scripts.flatMap((script) => [
        ...hostPathFaults(withSourced(script, scripts)),
        ...arithmeticFaults(script),
      ]);
    });
  return [...new Map(faults.map((fault) => [`${fault.file}:${fault.line}`, fault])).values()];
}

/** The faults of the scripts that run on hosts. */
export const scriptFaults = (folder: string): Fault[] =>
  scriptsOf(folder, ['']).flatMap((script) => arithmeticFaults(script));

function scriptsOf(folder: string, parts: readonly string[]): Script[] {
  return parts.flatMap((part) =>
    list(join(folder, part))
      .map((file) => ({ file, text: readFileSync(file, 'utf8') }))
      .filter(
        ({ file, text }) => /\.sh$/.test(file) || /^#(?:!.*\b(?:ba)?sh\b| shellcheck shell=bash)/.test(text),
      ),
  );
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch {
    return [];
  }
}

/** A script and what it sources, which share their variables; what sources it, too, since it may be only a part. */
function withSourced(script: Script, all: readonly Script[]): Script[] {
  const sources = ({ text }: Script): Script[] => {
    const named = [...text.matchAll(/^\s*(?:\.|source) "?\S*?([\w-]+\/[\w.-]+)"?$/gm)].map(
      ([, path = '']) => path,
    );
    return all.filter(({ file }) => named.some((path) => file.endsWith(`/${path}`)));
  };
  const found = [script];
  for (const one of found) found.push(...sources(one).filter((other) => !found.includes(other)));
  return found;
}

if (process.argv[1] === import.meta.filename) {
  const faults = [...charmFaults('charms'), ...scriptFaults('activities/scripts')];
  for (const { file, line, what } of faults) console.error(`${file}:${line}: ${what}`);
  if (faults.length > 0) {
    console.error(
      'below a data or config resource the helpers of charms/lib/files.sh reach a path; a number is looked at first',
    );
    process.exit(1);
  }
}
