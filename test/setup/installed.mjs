// Exits with 0 when node_modules holds what package-lock.json names, with 1 when npm ci has to run, and with 2, saying why,
// when this Node cannot run the project.
import { readFileSync } from 'node:fs';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Node 20.19 or later is needed, and this is ${process.versions.node}`);
  process.exit(2);
}

/** The packages of a lock file, by their folders; none where there is no such file. */
function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT') return {};
    throw error;
  }
}

const wanted = packagesOf('package-lock.json');
// npm writes it last of all, so that it is not there after an installation that was cut short.
const installed = packagesOf('node_modules/.package-lock.json');

/** Optional packages are left out where they are another platform's. */
const isRight = (folder) =>
  folder in installed ? installed[folder].integrity === wanted[folder].integrity : wanted[folder].optional;

const folders = Object.keys(wanted).filter((folder) => folder !== '');
const isForeign = (folder) => !(folder in wanted);
process.exitCode = folders.every(isRight) && !Object.keys(installed).some(isForeign) ? 0 : 1;
