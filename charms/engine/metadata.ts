import { z } from 'zod';
import { parseAbsolutePath } from '../../workflows/contract/names.js';
import { checkSchema, parsedBy } from './schema-check.js';
import { parseYaml } from './yaml.js';

/** metadata.yml of a charm; every key is annotated in charms/metadata.reference.yml. */
const mapping = z.record(z.string(), z.unknown());
const relationName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]*$/, 'use lower-case letters, digits and dashes, such as web-proxy');
const path = z.unknown().transform(parsedBy(parseAbsolutePath));
const paths = z.array(path);

const use = z.strictObject({
  constraint: z.enum(['required', 'recommended', 'optional']).default('optional'),
  auto: z.enum(['pair', 'summon', 'none']).default('pair'),
  solves: z.record(z.string(), z.string()).optional(),
  'default-options': mapping.optional(),
});

const backup = z.strictObject({
  dump: z.enum(['postgres']).optional(),
  exclude: paths.optional(),
});

const metadata = z.strictObject({
  description: z.string().optional(),
  type: z.enum(['service', 'run-once', 'stub']).default('service'),
  subordinate: z.boolean().default(false),
  'docker-image': z
    .string()
    .regex(/^[a-z0-9][A-Za-z0-9._:/@-]*$/, 'write an image as docker names it, such as postgres:17')
    .optional(),
  'docker-compose': mapping.optional(),
  'data-resources': paths.optional(),
  'config-resources': paths.optional(),
  'charm-resources': paths.optional(),
  options: z.record(z.string(), z.string()).optional(),
  'default-options': mapping.optional(),
  provides: z.record(relationName, z.unknown()).optional(),
  uses: z.record(relationName, use).optional(),
  backup: backup.optional(),
});

export type CharmMetadata = z.output<typeof metadata>;

/** Reads a metadata.yml; throws YamlError with file, line and column. */
export function parseMetadata(text: string, file: string): CharmMetadata {
  const parsed = parseYaml(text, file);
  return checkSchema({ ...parsed, value: parsed.value ?? {} }, metadata);
}
