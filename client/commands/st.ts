import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseHostName } from '../../workflows/contract/names.js';
import type { Context } from '../context.js';
import { CommandError, notFound } from '../errors.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { type Way, moshTerminal, sshTerminal } from '../st-argv.js';
import { ownValue } from '../../workflows/contract/own-value.js';

/** ssh's own, when it could not connect. */
const sshFailed = 255;

/** `st HOST`: a terminal there, in tmux. Whatever keeps mosh from it (ten exit codes, by its version), ssh is tried then. */
export async function st(
  context: Context,
  word: string,
  { ssh: sshOnly = false }: { ssh?: boolean } = {},
): Promise<ExitCode> {
  const host = parseHostName(word);
  const { config, files, writeTo } = await context.config();
  const entry = ownValue(config.hosts, host);
  if (entry === undefined)
    throw notFound(
      `${host} is not in the inventory (${files.join(', ') || writeTo})`,
      `myc-wf start vps-setup root@${host} adds it`,
    );
  const keys = entry['host-keys'] ?? [];
  if (keys.length === 0)
    throw new CommandError(
      exitCodes.unreachable,
      `${host} has no pinned host key`,
      `myc-wf start vps-setup ${host} shows its key and pins it`,
    );
  const folder = await mkdtemp(path.join(os.tmpdir(), 'myc-wf-st-'));
  try {
    const knownHosts = path.join(folder, 'known_hosts');
    await writeFile(knownHosts, keys.map((key) => `${host} ${key}\n`).join(''), { mode: 0o600 });
    const way: Way = { host, entry, knownHosts };
    const script = await readFile(
      new URL('../../activities/scripts/attach-tmux.sh', import.meta.url),
      'utf8',
    );
    return await terminal(context, way, script, sshOnly);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function terminal(context: Context, way: Way, script: string, sshOnly: boolean): Promise<ExitCode> {
  if (!sshOnly) {
    const ended = await sitAt(moshTerminal(way, script));
    if (ended === 0) return exitCodes.done;
    const why = ended === 'absent' ? 'mosh is not installed' : `mosh ended with ${ended}`;
    context.output.say(`${why}; going on with ssh`);
  }
  const ended = await sitAt(sshTerminal(way, script));
  if (ended === 'absent')
    throw new CommandError(exitCodes.usage, 'ssh is not installed', 'install the OpenSSH client');
  if (ended === sshFailed)
    throw new CommandError(
      exitCodes.unreachable,
      `${way.host} cannot be entered`,
      'myc-wf doctor tells more',
    );
  return ended as ExitCode;
}

/** With this terminal for its own; Ctrl-C is the program's. */
function sitAt([program = '', ...args]: readonly string[]): Promise<number | 'absent'> {
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  return new Promise<number | 'absent'>((resolve, reject) => {
    // eslint-disable-next-line no-restricted-syntax -- The person asked for the host's own terminal.
    const child = spawn(program, args, { stdio: 'inherit' });
    child.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? resolve('absent') : reject(error),
    );
    child.once('close', (code) => resolve(code ?? 1));
  }).finally(() => process.off('SIGINT', ignore));
}
