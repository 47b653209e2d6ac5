import { styleText } from 'node:util';
import { printableJson, printableLine, printableText } from '../workflows/contract/printable.js';
import { exitCodes } from './exit-codes.js';

export interface OutputOptions {
  json: boolean;
  stdout: NodeJS.WritableStream & { isTTY?: boolean };
  stderr: NodeJS.WritableStream & { isTTY?: boolean };
}

/**
 * stdout carries the payload only: text for people, or with --json one document (NDJSON while
 * following). What is said beside it (progress, questions, errors) goes to stderr, so a pipe never
 * sees it. Text of hosts, containers and servers comes through here, and nothing of it steers a
 * terminal, which a pipe may lead to as well.
 */
export interface Output {
  readonly json: boolean;
  readonly stderr: OutputOptions['stderr'];
  /** The payload: `document` with --json, else `text`. */
  result(document: unknown, text: string): void;
  /** One line of NDJSON; nothing without --json. */
  event(document: unknown): void;
  /** A line for people, on stderr; nothing with --json. */
  say(text: string): void;
  error(what: string, next: string | undefined, exitCode: number): void;
}

export function makeOutput({ json, stdout, stderr }: OutputOptions): Output {
  const writeJson = (document: unknown): void => void stdout.write(`${printableJson(document)}\n`);
  return {
    json,
    stderr,
    result: (document, text) => {
      if (json) writeJson(document);
      else if (text !== '') stdout.write(`${printableText(text)}\n`);
    },
    event: (document) => {
      if (json) writeJson(document);
    },
    say: (text) => {
      if (!json) stderr.write(`${printableText(text)}\n`);
    },
    error: (what, next, exitCode) => {
      if (json) writeJson({ error: { message: what, ...(next === undefined ? {} : { next }), exitCode } });
      // NO_COLOR, FORCE_COLOR and a pipe are styleText's to honour.
      // Detached is what was asked for, and no error.
      const label =
        exitCode === exitCodes.detached ? '' : `${styleText('red', 'error:', { stream: stderr })} `;
      stderr.write(`${label}${printableText(`${what}\n${next === undefined ? '' : `  ${next}\n`}`)}`);
    },
  };
}

/** Columns padded with two spaces between; the last is left as it is. */
export function table(texts: readonly (readonly string[])[]): string {
  const rows = texts.map((row) => row.map(printableLine));
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** How wide people's lines may be; what goes to a file is not cut to a terminal. */
export const columnsOf = ({ stderr }: Pick<Output, 'stderr'>): number =>
  ('columns' in stderr && typeof stderr.columns === 'number' && stderr.columns) || 120;
