import { z } from 'zod';
import { parseAbsolutePath } from '../../workflows/contract/names.js';
import { relationOptions } from './relation-options.js';
import { checkSchema, parsedBy } from './schema-check.js';
import { parseYaml } from './yaml.js';

/** metadata.yml of a charm; every key is annotated in charms/metadata.reference.yml. */
const mapping = z.record(z.string(), z.unknown());
const relationName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'use lower-case letters, digits and dashes, such as web-proxy');
const path = z.unknown().transform(parsedBy(parseAbsolutePath));
const paths = z.array(path).nullish();
/** A service's passwords are under .compose of its data, which no container sees. */
const resources = z
  .array(
    path.refine((resource) => resource !== '/' && resource.split('/')[1] !== '.compose', {
      error: 'this would mount the passwords under /.compose, too; write the folders that the service needs',
    }),
  )
  .nullish();

const use = z.strictObject({
  constraint: z.enum(['required', 'recommended', 'optional']).default('optional'),
  auto: z.enum(['pair', 'summon', 'none']).default('pair'),
  scope: z.enum(['global', 'container']).nullish(),
  solves: z.record(z.string(), z.union([z.string(), z.array(z.string())]).nullable()).nullish(),
  'default-options': relationOptions.nullish(),
});
export type CharmUse = z.output<typeof use>;

const requirement = z.looseObject({ scope: z.enum(['global', 'container']).nullish() });
const provision = z.looseObject({ 'tech-dep': z.union([z.boolean(), z.literal('reversed')]).nullish() });

const backup = z.strictObject({
  dump: z.enum(['postgres', 'charm']).optional(),
  exclude: z.array(path).optional(),
});

const action = z.strictObject({
  description: z.string(),
  usage: z.string().optional(),
  arguments: z.record(z.string(), z.string()).optional(),
  input: z.string().optional(),
  output: z.string().optional(),
  replaces: z.string().optional(),
});
export type CharmAction = z.output<typeof action>;

const people = z.union([z.string(), z.array(z.string())]).nullish();

const metadata = z.strictObject({
  name: people,
  summary: people,
  description: people,
  maintainer: people,
  tags: people,
  inherit: people,
  type: z.enum(['service', 'run-once', 'stub']).default('service'),
  subordinate: z.boolean().default(false),
  'docker-image': z
    .string()
    .regex(/^[a-z0-9][A-Za-z0-9._:/@-]*$/, 'write an image as docker names it, such as postgres:17')
    .nullish(),
  'docker-compose': mapping.nullish(),
  'data-resources': resources,
  'config-resources': resources,
  'writable-config-resources': resources,
  'charm-resources': paths,
  options: z.record(z.string(), z.string().nullable()).nullish(),
  'default-options': mapping.nullish(),
  provides: z.record(relationName, provision.nullable()).nullish(),
  uses: z.record(relationName, use.nullable()).nullish(),
  requires: z.record(relationName, requirement.nullable()).nullish(),
  'hook-timeout': z.int().min(1).max(86_400).nullish(),
  backup: backup.optional(),
  actions: z.record(z.string(), action).nullish(),
});

export const metadataKeys = Object.keys(metadata.shape);
export type CharmMetadata = z.output<typeof metadata>;

/** Reads a metadata.yml; throws YamlError with file, line and column. */
export function parseMetadata(text: string, file: string): CharmMetadata {
  const parsed = parseYaml(text, file, { varExpand: true });
  return checkSchema({ ...parsed, value: parsed.value ?? {} }, metadata);
}

/** The relations a charm has to others, by name: `uses`, and what `requires` of older charms means. */
export function usesOf({ uses, requires }: CharmMetadata): Map<string, CharmUse> {
  const known = new Map<string, CharmUse>();
  for (const [name, value] of Object.entries(requires ?? {}))
    known.set(name, { constraint: 'required', auto: 'pair', scope: value?.scope });
  for (const [name, value] of Object.entries(uses ?? {}))
    known.set(name, value ?? { constraint: 'optional', auto: 'pair' });
  return known;
}
