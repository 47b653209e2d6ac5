import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LineCounter, type Pair, type Scalar, isMap, parseDocument } from 'yaml';
import { format } from 'prettier';

/** What a charm's author looks up, out of the annotated reference and the helpers themselves; `npx tsx test/setup/charms-doc.ts` writes it. */
const file = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
export const docFile = file('docs/charms.md');

export interface Entry {
  name: string;
  about: string;
}

/** Each key of metadata.reference.yml with the words above it and its lines, comments inside included. */
export function metadataKeys(): (Entry & { example: string })[] {
  const text = readFileSync(file('charms/metadata.reference.yml'), 'utf8');
  const lines = text.split('\n');
  const counter = new LineCounter();
  const { contents } = parseDocument(text, {
    lineCounter: counter,
    customTags: [{ tag: '!var-expand', resolve: String }],
  });
  if (!isMap(contents)) throw new Error('metadata.reference.yml is no mapping');
  const pairs = contents.items as Pair<Scalar<string>>[];
  const starts = pairs.map(({ key }) => counter.linePos(key.range![0]).line - 1);
  return pairs.map(({ key }, index) => {
    const start = starts[index]!;
    let end = starts[index + 1] ?? lines.length;
    // What stands above the next key is about that one.
    while (end > start + 1 && /^(?:#.*)?$/.test(lines[end - 1] ?? '')) end -= 1;
    // Keys without a blank line between them share what is said above the first.
    let first = start;
    while (/^\w/.test(lines[first - 1] ?? '')) first -= 1;
    return {
      name: key.value,
      about: commentAbove(lines, first),
      example: lines.slice(start, end).join('\n'),
    };
  });
}

/** Each function that hooks may call, as the comment above it says it: `name ARGUMENTS: what it does`. */
export const helpers = (): Entry[] => ['helpers.sh', 'files.sh'].flatMap(helpersOf);

function helpersOf(source: string): Entry[] {
  const lines = readFileSync(file(`charms/lib/${source}`), 'utf8').split('\n');
  const exported = /^export -f (.*?)(?=\n\n|\n[^\t]|$(?![^]))/ms.exec(lines.join('\n'))?.[1] ?? '';
  const names = exported.split(/[\s\\]+/).filter((name) => name !== '');
  return names.map((name) => {
    const at = lines.findIndex((line) => line.startsWith(`${name}() `));
    if (at < 0) throw new Error(`${source} exports ${name}, which it does not have`);
    const about = commentAbove(lines, at);
    if (!about.startsWith(name)) throw new Error(`${source} does not say above ${name} what it does`);
    return { name, about };
  });
}

function commentAbove(lines: readonly string[], at: number): string {
  let first = at;
  while (first > 0 && /^# ?/.test(lines[first - 1] ?? '')) first -= 1;
  const said = lines.slice(first, at).filter((line) => !/^# shellcheck/.test(line));
  return said.map((line) => line.replace(/^# ?/, '')).join('\n');
}

export function docText(): Promise<string> {
  const reference = readFileSync(file('charms/metadata.reference.yml'), 'utf8');
  const [intro = ''] = reference.split(/\n\n(?=# What the charm)/);
  const words = intro.split('\n').map((line) => line.replace(/^# ?/, ''));
  const keys = metadataKeys().map(
    ({ name, about, example }) => `### \`${name}\`\n\n${about}\n\n\`\`\`yaml\n${example}\n\`\`\``,
  );
  const calls = helpers().map(({ name, about }) => `- \`${name}\`: ${oneLine(about, name)}`);
  const text = [
    '<!-- Written by test/setup/charms-doc.ts out of charms/metadata.reference.yml and charms/lib; change those. -->',
    '# Charms: every key, every helper',
    words.join('\n'),
    '## Keys of metadata.yml',
    ...keys,
    '## Helpers of hooks',
    'A hook is an executable file under `hooks/`: `init`, `<relation>-relation-joined` with dashes as underscores, `pre_deploy`, ' +
      "`post_deploy`. It runs on the host, as root, in the charm's folder, and may call:",
    calls.join('\n'),
  ].join('\n\n');
  return format(text, { parser: 'markdown', proseWrap: 'preserve', printWidth: 110 });
}

/** "config-add [YAML]: adds …" -> "`[YAML]` adds …" */
function oneLine(about: string, name: string): string {
  const line = about.split('\n').join(' ');
  const [, args, rest] = new RegExp(`^${name} ?(.*?): (.*)$`).exec(line) ?? [];
  if (rest === undefined) return line;
  return args === '' ? rest : `\`${args}\` ${rest}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(docFile, await docText());
