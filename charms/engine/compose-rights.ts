import { type Mapping, isMapping } from './merge.js';
import { type Owner, namedVolumeRights } from './mounts.js';
import type { PlannedService } from './render.js';
import { isUnset, serviceRights, text } from './rights.js';

/** Whose each container is, by the service that it runs under. */
export function ownersOf(
  services: readonly Pick<PlannedService, 'name' | 'master'>[],
  datastore: string,
): Map<string, Owner> {
  const masters = [...new Set(services.map(({ master }) => master))];
  return new Map(
    masters.map((master) => [
      master,
      { names: services.filter((one) => one.master === master).map(({ name }) => name), datastore },
    ]),
  );
}

/**
 * What a docker-compose.yml lets its containers do to their host beyond what every container may,
 * one sentence each; it is judged as charms and compose.yml write it, or as docker compose renders
 * it.
 */
export function dockerComposeRights(
  { services, volumes, networks, secrets, configs }: Mapping,
  owners: ReadonlyMap<string, Owner>,
  datastore: string,
): string[] {
  const bodies = isMapping(services) ? Object.entries(services) : [];
  return [
    ...bodies.flatMap(([name, body]) =>
      serviceRights(name, isMapping(body) ? body : {}, owners.get(name) ?? { names: [], datastore }),
    ),
    ...(isMapping(volumes) ? namedVolumeRights(volumes) : []),
    ...(isMapping(networks) ? networkRights(networks) : []),
    ...[secrets, configs].filter(isMapping).flatMap(fileRights),
  ];
}

const networkRights = (networks: Mapping): string[] =>
  Object.entries(networks).flatMap(([name, network]) => {
    if (!isMapping(network)) return [];
    const { driver = 'bridge', external = false } = network;
    if (external !== false) return [`network ${name} is not of this project`];
    return isUnset(driver) || driver === 'bridge'
      ? []
      : [`network ${name} is made by the driver ${text(driver)}`];
  });

const fileRights = (given: Mapping): string[] =>
  Object.entries(given).flatMap(([name, one]) =>
    isMapping(one) && isUnset(one.file) && (one.external ?? false) === false
      ? []
      : [`${name} is read from a file of the host`],
  );
