import { z } from 'zod';
import {
  type Ident,
  parseAbsolutePath,
  parseHostName,
  parseIdent,
  parseImageReference,
  parseOperationId,
  parseServiceName,
} from '../workflows/contract/names.js';
import { parsedBy } from '../charms/engine/index.js';
import { backupUnusable } from './backup-failures.js';

/** A manifest was written by whoever holds the push key: every field is read as hostile. */
const by = <T>(parse: (value: unknown) => T) => z.unknown().transform(parsedBy(parse));
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const names = z.object({ count, names: z.array(z.string().max(400)).max(50) });
const service = by(parseServiceName);
/** At most 63 bytes in PostgreSQL, 64 characters in MariaDB; no NUL. */
const databaseName = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[^\0]+$/);

/** A name that came twice would be restored twice, the second time over what the first one made. */
const differ = <T>(entries: readonly T[], ...parts: ((entry: T) => string)[]): boolean =>
  parts.every((part) => new Set(entries.map(part)).size === entries.length);

const manifest = z.object({
  version: z.literal(1),
  ident: by(parseIdent),
  host: by(parseHostName),
  operationId: by(parseOperationId),
  services: z.array(service).max(1000).default([]),
  /** What its containers ran, as far as a registry has it: to fetch early what a recovery will need. */
  images: z.array(by(parseImageReference)).max(1000).default([]),
  directories: z.array(by(parseAbsolutePath)).max(200),
  files: count,
  bytes: count,
  listing: z.string().regex(/^[0-9a-f]{64}$/),
  special: names,
  volatile: names,
  databases: z
    .array(
      z.object({
        name: service,
        kind: z.enum(['postgres', 'charm']),
        version: count,
        /** What its container ran. */
        image: z.string().max(500).optional(),
        databases: z
          .array(
            z.object({
              name: databaseName,
              file: z.string().regex(/^(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}|\+[0-9a-f]{2,504})\.dump$/),
            }),
          )
          .max(2000)
          .refine(
            (found) =>
              differ(
                found,
                ({ name }) => name,
                ({ file }) => file,
              ),
            'a database or a file is named twice',
          ),
      }),
    )
    .max(200)
    .refine((found) => differ(found, ({ name }) => name), 'a service is named twice'),
  completedAt: z.iso.datetime(),
});
export type BackupManifest = z.output<typeof manifest>;

/** What `inspect` answers; the manifest is looked at apart. */
export const inspection = z.object({
  files: count,
  bytes: count,
  changedAt: z.iso.datetime().nullable(),
  manifest: z.unknown(),
});

/** Of the ident that was asked for, complete and of a version we read; BackupUnusable (final) says what is wrong. */
export function readManifest(value: unknown, ident: Ident): BackupManifest {
  const read = manifest.safeParse(value);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw backupUnusable(
      `the manifest of ${ident} is not one this program reads (${issue?.path.join('.')}: ${issue?.message})`,
      'back the host up again, or take single paths with --unverified',
    );
  }
  if (read.data.ident !== ident)
    throw backupUnusable(
      `the mirror of ${ident} says it is of ${read.data.ident}`,
      'see on the backup target who wrote it',
    );
  return read.data;
}
