import { createHash } from 'node:crypto';

/**
 * What a host must look like, as data. The look (one round trip) says which items differ; only those are sent and changed.
 * Order of application: files, lines, packages, settings, restarts, hostname.
 */
export interface DesiredState {
  files: DesiredFile[];
  lines: DesiredLine[];
  packages: string[];
  /** Merged into JSON files that others write too: what they hold besides is kept. */
  settings?: DesiredSettings[];
  restarts?: DesiredRestart[];
  hostname?: string;
}

export interface DesiredFile {
  path: string;
  /** Four octal digits: "0644". */
  mode: string;
  content: string;
  /** Written once and then the host's own: differs only while it is absent. */
  initial?: boolean;
}

/** A line that must stand in a file among others that stay (authorized_keys, /etc/hosts). */
export interface DesiredLine {
  path: string;
  mode: string;
  line: string;
}

export interface DesiredSettings {
  path: string;
  mode: string;
  values: { [key: string]: unknown };
}

/** A unit that must run with these settings: it is restarted when it last started with others. */
export interface DesiredRestart {
  unit: string;
  settings: { [key: string]: unknown };
  /** Reload is enough for the host's containers to go on; some settings then only hold for new ones. */
  reloadOnly: boolean;
}

/** One item of the protocol with scripts/converge.sh: what is compared, what is sent, and how people read the change. */
export interface Item {
  /** Sent to the look, and given back by it when it differs. No secret in it: a content appears as its digest. */
  look: string;
  /** Sent to the apply when it differs; holds the content. */
  apply: string;
  change: string;
  kind: ItemKind;
}

export type ItemKind = 'file' | 'initial' | 'line' | 'package' | 'settings' | 'restart' | 'hostname';

const sha256 = (content: string): string => createHash('sha256').update(content).digest('hex');
const base64 = (content: string): string => Buffer.from(content).toString('base64');

/** As it is where nothing in it could be taken for a separator; the base64 of an absolute path begins with an L. */
const pathWord = (path: string): string => (/^\/[A-Za-z0-9._@+/-]*$/.test(path) ? path : base64(path));

/** Tab-separated: kind, path or name, mode, then what it must be. Free text travels as base64, so no value can break a line. */
export function items(state: DesiredState): Item[] {
  return [
    ...state.files.map(fileItem),
    ...state.lines.map(lineItem),
    ...state.packages.map(packageItem),
    ...(state.settings ?? []).map(settingsItem),
    ...(state.restarts ?? []).map(restartItem),
    ...(state.hostname === undefined ? [] : [hostnameItem(state.hostname)]),
  ];
}

function fileItem({ path, mode, content, initial }: DesiredFile): Item {
  const kind = initial ? 'initial' : 'file';
  const head = `${kind}\t${pathWord(path)}\t${mode}\t`;
  return { kind, look: head + sha256(content), apply: head + base64(content), change: `wrote ${path}` };
}

function lineItem({ path, mode, line }: DesiredLine): Item {
  const text = `line\t${pathWord(path)}\t${mode}\t${base64(line)}`;
  return { kind: 'line', look: text, apply: text, change: `added a line to ${path}` };
}

function packageItem(name: string): Item {
  return {
    kind: 'package',
    look: `package\t${name}`,
    apply: `package\t${name}`,
    change: `installed ${name}`,
  };
}

/** The look is told where the values stand and the digest of them together, as jq writes them. */
function settingsItem({ path, mode, values }: DesiredSettings): Item {
  const found = leaves(values);
  const digest = sha256(JSON.stringify(found.map((leaf) => leaf.value)) + '\n');
  const head = `settings\t${pathWord(path)}\t${mode}\t`;
  return {
    kind: 'settings',
    look: `${head}${base64(JSON.stringify(found.map((leaf) => leaf.at)))}\t${digest}`,
    apply: `${head}${base64(JSON.stringify(values))}`,
    change: `set ${Object.keys(values).join(', ')} in ${path}`,
  };
}

/** The places of all that is not a mapping itself: lists and single values are replaced as a whole. */
function leaves(value: { [key: string]: unknown }, at: string[] = []): { at: string[]; value: unknown }[] {
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? leaves(inner as { [key: string]: unknown }, [...at, key])
      : [{ at: [...at, key], value: inner }],
  );
}

function restartItem({ unit, settings, reloadOnly }: DesiredRestart): Item {
  const word = reloadOnly ? 'reload' : 'restart';
  const text = `restart\t${unit}\t${word}\t${sha256(JSON.stringify(settings))}`;
  return { kind: 'restart', look: text, apply: text, change: `${word}ed ${unit}` };
}

function hostnameItem(name: string): Item {
  const text = `hostname\t${name}`;
  return { kind: 'hostname', look: text, apply: text, change: `named the host ${name}` };
}

/** The items that a look's output names; a line the look was not asked about is refused, since it comes from the host. */
export function differing(all: readonly Item[], lookOutput: string): Item[] {
  const named = lookOutput.split('\n').filter((line) => line !== '');
  const known = new Set(all.map((item) => item.look));
  const strange = named.find((line) => !known.has(line));
  if (strange !== undefined)
    throw new Error(`the host's look answered a line nobody asked about: ${JSON.stringify(strange)}`);
  const differs = new Set(named);
  return all.filter((item) => differs.has(item.look));
}

const counted: [kinds: ItemKind[], one: string, many: string][] = [
  [['package'], 'package', 'packages'],
  [['file', 'initial'], 'file', 'files'],
  [['line'], 'line', 'lines'],
  [['settings'], 'setting', 'settings'],
];

/** The line of a step: "11 packages, 2 files, docker restarted"; the whole list is in the operation's result. */
export function summary(changed: readonly Item[]): string {
  const counts = counted.flatMap(([kinds, one, many]) => {
    const count = changed.filter((item) => kinds.includes(item.kind)).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
  });
  const single = changed.filter((item) => item.kind === 'restart' || item.kind === 'hostname');
  return [...counts, ...single.map((item) => item.change)].join(', ');
}
