import { z } from 'zod';
import { parseIdent } from '../../workflows/contract/names.js';
import { outsideName } from '../../workflows/contract/outside-names.js';
import type { Config } from '../config/schema.js';
import type { Hosts } from '../hosts.js';
import { type Check, bad, good, noted, refused } from './check.js';

/** The words that remove a key are made of its parts: a person pastes them. */
const answer = z.object({
  idents: z.array(
    z.object({
      ident: z.string().refine((name) => outsideName(name, parseIdent) !== undefined),
      read: z.array(
        z.object({
          expires: z.string().regex(/^\d{12}Z$/),
          key: z.string().regex(/^[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}(?: |$)/),
        }),
      ),
    }),
  ),
});

/** Each backup target: reached as its administrator, and whether keys of recoveries were left there. */
export async function checkTargets(
  config: Config,
  hosts: Hosts,
  recovering: boolean,
  signal: AbortSignal,
): Promise<Check[]> {
  const named = Object.entries(config['backup-targets'] ?? {});
  const checked = await Promise.all(
    named.map(async ([name, { 'host-keys': keys = [], admin }]) => {
      if (keys.length === 0) return [bad(`backup target ${name} has no pinned key`, 'pin it in host-keys')];
      if (admin === undefined) return [noted(`backup target ${name} has no admin`, 'name one to look at it')];
      try {
        const remote = await hosts.backupTarget(name);
        const said = await remote.exec(['ssh-key', 'ls'], { signal, timeoutSeconds: 30 });
        if (said.exit !== 0)
          return [bad(`backup target ${name} refused ${admin}: ${said.stderr.trim().slice(-200)}`)];
        return judgeTarget(name, admin, said.stdout, recovering);
      } catch (error) {
        return [refused(error)];
      }
    }),
  );
  return checked.flat();
}

export function judgeTarget(name: string, admin: string, said: string, recovering: boolean): Check[] {
  const parsed = answer.safeParse(jsonOr(said));
  if (!parsed.success)
    return [bad(`backup target ${name} answers ${admin} in other words than its charm`, 'start up its host')];
  const { idents } = parsed.data;
  const left = idents.flatMap(({ ident, read }) => read.map(({ expires, key }) => ({ ident, expires, key })));
  return [
    good(`backup target ${name} answers, ${idents.length} ${idents.length === 1 ? 'mirror' : 'mirrors'}`),
    // While a recovery runs it has one.
    ...left
      .slice(0, recovering ? 0 : 20)
      .map(({ ident, expires, key }) =>
        bad(
          `backup target ${name}: a recovery left its key, which reads the mirror of ${ident} until ${timeOf(expires)}`,
          `remove it there: ssh-key rm ${ident} ${key.split(' ').slice(0, 2).join(' ')}`,
        ),
      ),
  ];
}

/** `202611230315Z` as people read it. */
const timeOf = (expires: string): string =>
  expires.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3 $4:$5 UTC');

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
