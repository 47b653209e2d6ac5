import { parseIdent } from '../workflows/contract/names.js';
import { backupUnusable } from './backup-failures.js';
import { inspection, readManifest } from './backup-manifest.js';
import type { Inspection, SourceInput } from './recovery-activities.js';
import type { TargetAdmin } from './target-admin.js';

/** A push that ends with the manifest changes the directory around it in the same moment. */
const slackMs = 60_000;

export async function inspectBackup(input: SourceInput, admin: TargetAdmin): Promise<Inspection> {
  const ident = parseIdent(input.ident);
  const said = inspection.safeParse(await admin.inspect(ident));
  if (!said.success)
    throw backupUnusable(
      `${input.target} answers about ${ident} what cannot be understood`,
      'see its version',
    );
  const { files, bytes, changedAt, manifest: raw } = said.data;
  if (files === 0)
    throw backupUnusable(
      `the mirror of ${ident} on ${input.target} is empty`,
      'nothing was ever pushed to it',
    );
  if (raw === null || raw === undefined) {
    if (input.unverified) return { files, bytes, changedSince: false };
    throw backupUnusable(
      `the mirror of ${ident} on ${input.target} has no manifest: no backup was ever completed, or another tool wrote it`,
      'take it as it is with --unverified',
    );
  }
  const manifest = readManifest(raw, ident);
  const { host, operationId, listing, completedAt, directories, services, images, databases, volatile } =
    manifest;
  return {
    files: manifest.files,
    bytes: manifest.bytes,
    manifest: {
      ...{ host, operationId, listing, completedAt, directories, services, images },
      databaseImages: images.filter((image) => databases.some((database) => database.image === image)),
      databases: databases.map(({ name }) => name),
      volatile: volatile.count,
    },
    changedSince: changedAt !== null && Date.parse(changedAt) > Date.parse(completedAt) + slackMs,
  };
}
