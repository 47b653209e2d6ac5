import { charmDirectory } from './charm.js';
import { type HostNames, serviceEnvironment } from './environment.js';
import { type Mapping, mergeMappings } from './merge.js';
import type { ResolvedService } from './resolve.js';
import { expanded } from './variables.js';

/**
 * A service of docker-compose.yml: what its charm says, then what compose.yml adds. Of a subordinate charm only what it
 * adds to its master's.
 */
export function renderService(service: ResolvedService, image: string | null, host: HostNames): Mapping {
  const { metadata } = service.definition;
  const variables = serviceEnvironment(service, image, host);
  const volumes = volumesOf(service, host.datastore);
  const base: Mapping = {
    ...(image === null ? {} : { image }),
    ...(service.master === service.name ? startOf(metadata.type) : {}),
    ...(volumes.length === 0 ? {} : { volumes }),
    labels: labelsOf(service),
  };
  return [metadata['docker-compose'] ?? {}, service.dockerCompose]
    .map((part) => expanded(part, variables))
    .reduce<Mapping>(mergeMappings, base);
}

/** What runs once is not started by `up`: compose starts a service of a profile only when it is named. */
const startOf = (type: 'service' | 'run-once' | 'stub'): Mapping =>
  type === 'run-once' ? { restart: 'no', profiles: ['run-once'] } : { restart: 'unless-stopped' };

function volumesOf({ name, definition }: ResolvedService, datastore: string): string[] {
  const { metadata } = definition;
  const writable = metadata['writable-config-resources'] ?? [];
  const readOnly = (metadata['config-resources'] ?? []).filter(
    (path) => !writable.some((folder) => isWithin(path, folder)),
  );
  return [
    ...outermost(metadata['data-resources'] ?? []).map(
      (path) => `${datastore}/data/${name}${path}:${path}:rw`,
    ),
    ...readOnly.map((path) => `${datastore}/config/${name}${path}:${path}:ro`),
    ...outermost(writable).map((path) => `${datastore}/config/${name}${path}:${path}:rw`),
    ...(metadata['charm-resources'] ?? []).map(
      (path) => `${charmDirectory(definition)}/resources${path}:${path}:ro`,
    ),
  ];
}

const isWithin = (path: string, folder: string): boolean => `${path}/`.startsWith(`${folder}/`);

/**
 * Docker mounts by paths: a folder within another one that the container may write to could be a
 * link by the next start. It is seen there without a mount of its own.
 */
const outermost = (paths: readonly string[]): string[] =>
  [...new Set(paths)].filter((path) => !paths.some((other) => other !== path && isWithin(path, other)));

function labelsOf({ name, master, definition }: ResolvedService): Mapping {
  const { metadata, resourcesDigest } = definition;
  // Their paths stay the same when their content changes: the label makes compose recreate the container.
  const resources =
    resourcesDigest === undefined || (metadata['charm-resources'] ?? []).length === 0
      ? undefined
      : resourcesDigest.slice(0, 16);
  if (master !== name) return resources === undefined ? {} : { [`myc.resources.${name}`]: resources };
  return {
    'myc.charm': definition.name,
    'myc.service': name,
    ...(resources === undefined ? {} : { 'myc.resources': resources }),
    // A backup reads it off the container, whatever the charms say by then; compose takes a single $ for a variable.
    ...(metadata.backup === undefined
      ? {}
      : { 'myc.backup': JSON.stringify(metadata.backup).replaceAll('$', '$$$$') }),
  };
}
