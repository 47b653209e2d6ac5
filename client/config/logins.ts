import { holdsLogin } from '../../workflows/contract/secret-addresses.js';
import type { Config } from './schema.js';

export interface WrittenLogin {
  path: readonly PropertyKey[];
  onKey: boolean;
  what: string;
  next: string;
}

/** What to write instead, by the key at the top of the file. */
const remedies = new Map([
  [
    'registry-mirrors',
    'leave it out: name the registry under registries:, with its username and a password-file:',
  ],
  ['registries', 'write host[:port] alone, with username: and password-file: below it'],
  ['apt-repositories', "leave it out: a login of apt's stands on the hosts, in /etc/apt/auth.conf.d"],
]);

/**
 * The first address of a configuration that holds a login, wherever it stands: it would reach
 * hosts, messages and copies of the file. The message does not repeat it.
 */
export function writtenLogin(config: Config): WrittenLogin | undefined {
  for (const { path, text, onKey } of texts(config, [])) {
    // A public key may end in any comment.
    if (path.some((key) => key === 'host-keys' || key === 'public-keys') || !holdsLogin(text)) continue;
    if (path[0] === 'charm-repositories' && path.at(-1) === 'git') return ofGit(config, path);
    const named = onKey ? `a key under ${String(path.at(-2) ?? 'the file')}` : lastName(path);
    const next =
      remedies.get(String(path[0])) ?? 'leave it out: the configuration names files that hold secrets';
    return { path, onKey, what: `${named} holds a login`, next };
  }
  return undefined;
}

function ofGit(config: Config, path: readonly PropertyKey[]): WrittenLogin {
  const { name = 'a charm repository' } = config['charm-repositories']?.[Number(path[1])] ?? {};
  const next = 'leave it out: use a key over ssh://, with identity-file: where it is none of your own';
  return { path, onKey: false, what: `git of ${name} holds a password`, next };
}

const lastName = (path: readonly PropertyKey[]): string =>
  String(path.findLast((key) => typeof key === 'string') ?? 'a value');

interface Text {
  path: PropertyKey[];
  text: string;
  onKey: boolean;
}

function* texts(value: unknown, path: PropertyKey[]): Generator<Text> {
  if (typeof value === 'string') yield { path, text: value, onKey: false };
  else if (Array.isArray(value))
    for (const [index, item] of (value as unknown[]).entries()) yield* texts(item, [...path, index]);
  else if (typeof value === 'object' && value !== null)
    for (const [key, item] of Object.entries(value)) {
      yield { path: [...path, key], text: key, onKey: true };
      yield* texts(item, [...path, key]);
    }
}
