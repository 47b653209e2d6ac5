import { createHash } from 'node:crypto';

/**
 * What a host must look like, as data. The look (one round trip) says which items differ; only those are sent and changed.
 * Order of application: files, lines, packages, hostname, docker reload.
 */
export interface DesiredState {
  files: DesiredFile[];
  lines: DesiredLine[];
  packages: string[];
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

/** One item of the protocol with scripts/converge.sh: what is compared, what is sent, and how people read the change. */
export interface Item {
  /** Sent to the look, and given back by it when it differs. No secret in it: a content appears as its digest. */
  look: string;
  /** Sent to the apply when it differs; holds the content. */
  apply: string;
  change: string;
}

const sha256 = (content: string): string => createHash('sha256').update(content).digest('hex');
const base64 = (content: string): string => Buffer.from(content).toString('base64');

/** Tab-separated: kind, path or name, then what it must be. Free text travels as base64, so no value can break a line. */
export function items(state: DesiredState): Item[] {
  return [
    ...state.files.map((file) => {
      const kind = file.initial ? 'initial' : 'file';
      const head = `${kind}\t${base64(file.path)}\t${file.mode}\t`;
      return {
        look: head + sha256(file.content),
        apply: head + base64(file.content),
        change: `wrote ${file.path}`,
      };
    }),
    ...state.lines.map((line) => {
      const text = `line\t${base64(line.path)}\t${line.mode}\t${base64(line.line)}`;
      return { look: text, apply: text, change: `added a line to ${line.path}` };
    }),
    ...state.packages.map((name) => ({
      look: `package\t${name}`,
      apply: `package\t${name}`,
      change: `installed ${name}`,
    })),
    ...(state.hostname === undefined
      ? []
      : [
          {
            look: `hostname\t${state.hostname}`,
            apply: `hostname\t${state.hostname}`,
            change: `named the host ${state.hostname}`,
          },
        ]),
  ];
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
