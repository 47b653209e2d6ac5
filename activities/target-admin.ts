import { z } from 'zod';
import type { Ident } from '../workflows/contract/names.js';
import type { Remote } from './adapters/remote/remote.js';
import { targetRefused, unknownIdent } from './backup-failures.js';
import { accountName } from './backup-record.js';

/** What the administration account of a backup target does; its words are those of charms/rsync-backup-target/build/mirror-admin. */
export interface TargetAdmin {
  /** Undefined when it keeps no mirror of the ident. */
  keysOf(ident: Ident): Promise<{ push: string[]; read: string[] } | undefined>;
  /** The key may write the mirror; answers the account. Repeating it changes nothing. */
  addPushKey(ident: Ident, key: string): Promise<string>;
  /** The key may read the mirror for so long. */
  addReadKey(ident: Ident, key: string, hours: number): Promise<string>;
  /** Fine for a key that is not there, and for an ident that is not. */
  removeKey(ident: Ident, key: string): Promise<void>;
  /** UnknownIdent when there is no mirror. The answer is as the account that wrote the mirror wants it: hostile. */
  inspect(ident: Ident): Promise<unknown>;
}

const account = z.object({ user: accountName });
const keys = z.object({
  idents: z.array(z.object({ push: z.array(z.string()), read: z.array(z.object({ key: z.string() })) })),
});

export function targetAdmin(remote: Remote, target: string, signal: AbortSignal): TargetAdmin {
  /** Undefined for exit 3: no such ident. */
  const said = async (words: string[], timeoutSeconds = 60): Promise<unknown> => {
    const { exit, stdout, stderr } = await remote.exec(words, { signal, timeoutSeconds });
    if (exit === 3) return undefined;
    if (exit !== 0) throw targetRefused(target, words.slice(0, 3).join(' '), stderr);
    try {
      return JSON.parse(stdout);
    } catch {
      throw targetRefused(target, words.slice(0, 3).join(' '), 'its answer is no JSON');
    }
  };
  const known = async (ident: Ident, words: string[], timeoutSeconds?: number): Promise<unknown> => {
    const answer = await said(words, timeoutSeconds);
    if (answer === undefined) throw unknownIdent(target, ident);
    return answer;
  };
  return {
    keysOf: async (ident) => {
      const answer = await said(['ssh-key', 'ls', ident]);
      if (answer === undefined) return undefined;
      const found = keys.parse(answer).idents;
      return {
        push: found.flatMap(({ push }) => push),
        read: found.flatMap(({ read }) => read.map(({ key }) => key)),
      };
    },
    addPushKey: async (ident, key) =>
      account.parse(await known(ident, ['ssh-key', 'add', ident, ...key.split(' ')])).user,
    addReadKey: async (ident, key, hours) =>
      account.parse(await known(ident, ['request-recovery-key', ident, ...key.split(' '), String(hours)]))
        .user,
    removeKey: async (ident, key) => void (await said(['ssh-key', 'rm', ident, ...key.split(' ')])),
    // It walks over the whole mirror.
    inspect: (ident) => known(ident, ['inspect', ident], 1000),
  };
}
