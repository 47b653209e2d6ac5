import { type Document, LineCounter, isMap, isNode, isScalar, parseDocument } from 'yaml';
import { BadInput } from '../../workflows/contract/bad-input.js';
import { parseHostAddress } from '../../workflows/contract/addresses.js';
import { parseListedDestination } from '../../workflows/contract/destinations.js';
import { parseHostName, parseUserName } from '../../workflows/contract/names.js';
import { wrongRepository } from './charm-repository.js';
import { configError } from './config-error.js';
import { configSchema, type Config } from './schema.js';
import { absolutePaths } from './paths.js';
import { writtenLogin } from './logins.js';
import { explainIssue } from './explain-issue.js';
import type { CommandError } from '../errors.js';

export const maxConfigBytes = 1024 * 1024;

type Path = readonly PropertyKey[];

/** Parses one configuration file; whatever is wrong names file, line and column and what to write instead. */
export function parseConfig(text: string, file: string): Config {
  if (Buffer.byteLength(text) > maxConfigBytes)
    throw configError({ file, text: '', line: 1, column: 1 }, 'the file is over 1 MiB', 'split it up');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const at = (offset: number, what: string, next: string): CommandError => {
    const { line, col } = lines.linePos(offset);
    return configError({ file, text, line, column: col }, what, next);
  };
  const [wrong] = document.errors;
  if (wrong !== undefined)
    throw at(wrong.pos[0], yamlProblem(wrong.code, wrong.message), yamlRemedy(wrong.code));
  const data = expand(document, (what) => at(0, what, 'write the values out instead of using aliases'));
  const fail = (path: Path, onKey: boolean, what: string, next: string): CommandError =>
    at(offsetOf(document, path, onKey), what, next);

  const parsed = configSchema.safeParse(data ?? {});
  if (!parsed.success) {
    const { path, onKey, what, next } = explainIssue(parsed.error.issues[0]!, data);
    throw fail(path, onKey, what, next);
  }
  const login = writtenLogin(parsed.data);
  // Before the names: their faults are told with the words that are wrong.
  if (login !== undefined) throw fail(login.path, login.onKey, login.what, login.next);
  checkNames(parsed.data, fail);
  return absolutePaths(parsed.data, file);
}

/** Aliases are counted by the library: a bomb is refused before it grows. */
function expand(document: Document, refuse: (what: string) => CommandError): unknown {
  try {
    return document.toJS({ maxAliasCount: 20 });
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error));
  }
}

function checkNames(
  config: Config,
  fail: (path: Path, onKey: boolean, what: string, next: string) => Error,
): void {
  const check = (path: Path, onKey: boolean, parse: () => unknown): void => {
    try {
      parse();
    } catch (error) {
      if (error instanceof BadInput) throw fail(path, onKey, error.what, error.next);
      throw error;
    }
  };
  for (const [name, host] of Object.entries(config.hosts ?? {})) {
    check(['hosts', name], true, () => parseHostName(name));
    if (host.address !== undefined)
      check(['hosts', name, 'address'], false, () => parseHostName(host.address));
    if (host.user !== undefined) check(['hosts', name, 'user'], false, () => parseUserName(host.user));
  }
  (config['recover-destinations'] ?? []).forEach((folder, index) =>
    check(['recover-destinations', index], false, () => parseListedDestination(folder)),
  );
  (config['charm-repositories'] ?? []).forEach((repository, index) => {
    const wrong = wrongRepository(repository);
    if (wrong !== undefined)
      throw fail(['charm-repositories', index, wrong.key], false, wrong.what, wrong.next);
  });
  for (const [name, target] of Object.entries(config['backup-targets'] ?? {})) {
    check(['backup-targets', name], true, () => parseTargetName(name));
    if (target.admin !== undefined)
      check(['backup-targets', name, 'admin'], false, () => parseUserName(target.admin));
  }
}

function parseTargetName(name: string): void {
  const { user, port } = parseHostAddress(name);
  if (user !== undefined || port === undefined)
    throw new BadInput(
      `"${name}" is not host:port`,
      'write it with its port, such as backup.example.org:10023',
    );
}

/** Where a value, or its key, stands; the nearest parent when it is not there at all. */
function offsetOf(document: Document, path: Path, onKey: boolean): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    if (isMap(parent) && (onKey || length < path.length)) {
      const pair = parent.items.find(({ key }) => isScalar(key) && String(key.value) === String(last));
      if (pair !== undefined && isNode(pair.key) && pair.key.range) return pair.key.range[0];
    }
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return isNode(document.contents) && document.contents.range ? document.contents.range[0] : 0;
}

function yamlProblem(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'this key stands here twice';
  if (code === 'TAB_AS_INDENT') return 'a tab is used to indent';
  return message;
}

function yamlRemedy(code: string): string {
  if (code === 'DUPLICATE_KEY') return 'keep one of the two';
  if (code === 'TAB_AS_INDENT') return 'use spaces';
  return 'correct the YAML: keys as "key: value", nested two spaces deeper';
}
