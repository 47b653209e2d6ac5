import type { Config } from '../client/config/schema.js';
import { parseHostAddress } from '../workflows/contract/addresses.js';
import { BadInput, shown } from '../workflows/contract/bad-input.js';
import { parseHostName, parseIdent, parseOperationId } from '../workflows/contract/names.js';
import type { StageInput, StageResult } from './activities.js';
import type { AccountInput, BackupKey, TargetInput } from './backup-activities.js';
import { keyFolder, lookAtBackup, recordFile, writeRecord } from './backup-record.js';
import type { DesiredState } from './commands/desired-state.js';
import { transferPackages } from './commands/host-states.js';
import { type StageContext, converge } from './converge.js';
import { lookAt } from './look-at.js';
import type { TargetAdmin } from './target-admin.js';
import { ownValue } from '../workflows/contract/own-value.js';

export const nothing: DesiredState = { files: [], lines: [], packages: [] };

/** Where hosts reach a target, and the keys it has to show; BadInput with the remedy when its key was never pinned. */
export function targetOf(
  config: Config,
  name: string,
): { address: string; port: number; knownHosts: string } {
  const entry = ownValue(config['backup-targets'], name);
  const keys = entry?.['host-keys'] ?? [];
  const { host, port = 22 } = parseHostAddress(name);
  if (entry === undefined || keys.length === 0)
    throw new BadInput(
      `the key of the backup target ${name} is not known yet`,
      `run backup-install or recover on a terminal of the worker's machine, which shows its key and pins it, or give --host-key`,
    );
  // ssh is told this name with HostKeyAlias: addresses and ports may change, the keys may not.
  const knownHosts = keys.map((key) => `myc-wf-backup-target ${key}\n`).join('');
  return { address: entry.address ?? host, port, knownHosts };
}

export async function ensureBackupKey(
  context: StageContext,
  input: TargetInput,
  config: Config,
): Promise<BackupKey> {
  const { remote, signal } = context;
  const { knownHosts } = targetOf(config, input.target);
  const done = await converge(context, input, {
    ...nothing,
    packages: transferPackages,
    files: [{ path: `${keyFolder}/known_hosts`, mode: '0600', content: knownHosts }],
  });
  const { publicKey } = await lookAtBackup(remote, input.host, signal);
  if (publicKey !== undefined) return { ...done, publicKey: parsePublicKey(publicKey) };
  const made = {
    changed: [...done.changed, 'made a key to push backups with'],
    summary: [done.summary, 'a key'].filter((part) => part !== '').join(', '),
  };
  if (input.dryRun) return made;
  return { ...made, publicKey: await makeKey(context, input, keyFolder) };
}

/** Repeating it gives the same key. */
export async function makeKey(
  { remote, signal }: StageContext,
  { operationId }: StageInput,
  folder: string,
  knownHosts = '',
): Promise<string> {
  const words = [folder, parseOperationId(operationId)];
  const libraries = ['records'];
  const said = await lookAt(remote, 'backup-key', words, { libraries, signal, stdin: knownHosts });
  return parsePublicKey(said.trim());
}

export async function ensureBackupAccount(
  context: StageContext,
  input: AccountInput,
  config: Config,
  admin: TargetAdmin,
): Promise<StageResult> {
  const { target, dryRun } = input;
  const ident = parseIdent(input.ident);
  const key = parsePublicKey(input.publicKey);
  const push = (await admin.keysOf(ident))?.push ?? [];
  const others = push.filter((other) => other !== key);
  if (others.length > 0 && !input.takeover)
    throw new BadInput(
      `another key may write the mirror of ${ident} on ${target}, and two hosts never write one mirror`,
      `when that host is gone or was made anew, run again with --takeover, which withdraws its key; else choose another name with --ident`,
    );
  const changed = [
    ...(push.includes(key) ? [] : [`${target} accepts backups of ${ident} from ${input.host}`]),
    ...others.map(() => `withdrew another key of ${ident} from ${target}`),
  ];
  if (dryRun) return { changed, summary: changed.join(', ') };
  const user = await admin.addPushKey(ident, key);
  for (const other of others) await admin.removeKey(ident, other);
  const { address, port } = targetOf(config, target);
  const content = writeRecord({ target, address: parseHostName(address), port, ident, user });
  const recorded = await converge(context, input, {
    ...nothing,
    files: [{ path: recordFile, mode: '0600', content }],
  });
  return {
    changed: [...changed, ...recorded.changed],
    summary: `${user} on ${target} writes ${ident}`,
  };
}

/** A public key goes into the target's words: nothing but its type and its base64. */
export function parsePublicKey(text: string): string {
  if (/^ssh-ed25519 [A-Za-z0-9+/]{40,100}={0,2}$/.test(text)) return text;
  throw new BadInput(
    `${shown(text)} is no key of backup-key.sh`,
    `remove ${keyFolder} on the host, then run again`,
  );
}
