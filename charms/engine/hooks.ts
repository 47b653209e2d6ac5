import type { Mapping } from './merge.js';
import type { ResolvedService } from './resolve.js';

export interface PlannedService {
  name: string;
  charm: string;
  repository: string;
  charmDirectory: string;
  dataDirectory: string;
  configDirectory: string;
  image: string | null;
  /** default-options with compose.yml's over them: what options-get reads. */
  options: Mapping;
  relations: { name: string; target: string; options: Mapping }[];
}

export interface PlannedHook {
  service: string;
  charm: string;
  hook: string;
  directory: string;
  environment: Record<string, string>;
}

/** The init hook of a service, with the environment that charms know. */
export function initHook(
  service: ResolvedService,
  planned: PlannedService,
  { project, datastore }: { project: string; datastore: string },
): PlannedHook {
  const { dataDirectory, configDirectory, charmDirectory: directory, image } = planned;
  return {
    service: service.name,
    charm: service.definition.name,
    hook: 'init',
    directory,
    environment: {
      PROJECT_NAME: project,
      SERVICE_NAME: service.name,
      BASE_SERVICE_NAME: service.name,
      MASTER_BASE_SERVICE_NAME: service.name,
      SERVICE_DATASTORE: dataDirectory,
      SERVICE_CONFIGSTORE: configDirectory,
      DATASTORE: `${datastore}/data`,
      HOST_DATASTORE: `${datastore}/data`,
      CONFIGSTORE: `${datastore}/config`,
      CHARM_PATH: directory,
      BASE_CHARM_PATH: directory,
      DOCKER_BASE_IMAGE: image ?? '',
    },
  };
}
