import { type Mapping, isMapping } from './merge.js';

/** Whose container it is: the folders under the datastore that are its own. */
export interface Owner {
  /** Its service and the subordinate services whose parts it holds. */
  names: readonly string[];
  /** `/srv/datastore` */
  datastore: string;
}

/**
 * What the mounts of a container reach beyond its own folders, as the end of a sentence about it.
 */
export function mountRights(volumes: unknown, owner: Owner): string[] {
  if (volumes === undefined || volumes === null) return [];
  if (!Array.isArray(volumes)) return ['has volumes that cannot be judged'];
  return volumes.flatMap((volume: unknown) => {
    const mount = mountOf(volume);
    return mount === undefined ? ['has a volume that cannot be judged'] : judge(mount, owner);
  });
}

interface Mount {
  type: string;
  source: string;
  readOnly: boolean;
  /** `shared` hands what is mounted in the container on to the host. */
  propagation: string;
}

/** The short form (`SOURCE:TARGET:OPTIONS`) and the long one, as compose has them. */
function mountOf(volume: unknown): Mount | undefined {
  if (typeof volume === 'string') {
    const [source = '', target, ...options] = volume.split(':');
    const isPath = /[/~$]|^\./.test(source);
    const words = options.flatMap((option) => option.split(','));
    return {
      type: target !== undefined && isPath ? 'bind' : 'volume',
      source,
      readOnly: words.includes('ro'),
      propagation: words.find((word) => /^r?(shared|slave|private)$/.test(word)) ?? '',
    };
  }
  if (!isMapping(volume)) return undefined;
  const { type, source = '', read_only: readOnly, bind } = volume;
  if (typeof type !== 'string' || typeof source !== 'string') return undefined;
  const propagation = isMapping(bind) ? bind.propagation : undefined;
  return {
    ...{ type, source, readOnly: readOnly === true },
    propagation: typeof propagation === 'string' ? propagation : '',
  };
}

function judge({ type, source, readOnly, propagation }: Mount, owner: Owner): string[] {
  if (type === 'volume' || type === 'tmpfs' || type === 'image') return [];
  if (type !== 'bind') return [`has a mount of the type ${type}, which cannot be judged`];
  const shared = /^r?shared$/.test(propagation)
    ? [`mounts ${source} so that what it mounts there reaches the host (${propagation})`]
    : [];
  return [...shared, ...bindRights(source, readOnly, owner)];
}

function bindRights(source: string, readOnly: boolean, { names, datastore }: Owner): string[] {
  const parts = source.split('/');
  const below = (folder: string): boolean => source.startsWith(`${folder}/`) && !parts.includes('..');

  if (/(^|\/)docker\.sock$/.test(source)) return [`mounts ${source}: it can do anything on the host`];

  // Its scripts run as root on the host.
  if (below('/srv/charm-store'))
    return readOnly ? [] : [`mounts ${source} to write there: root runs what lies there`];

  if (!below(datastore) && source !== datastore)
    return [
      `mounts ${source}, which is outside ${datastore}: it reaches the host's own files, and no backup holds them`,
    ];

  const own = names.some(
    (name) => below(`${datastore}/data/${name}`) || below(`${datastore}/config/${name}`),
  );
  if (own && !parts.includes('.compose')) return [];
  return [`mounts ${source}, which holds more than its own data: passwords, or what is another service's`];
}

/** What the volumes of a whole docker-compose.yml are made of. */
export function namedVolumeRights(volumes: Mapping): string[] {
  return Object.entries(volumes).flatMap(([name, volume]) => {
    if (volume === null || volume === undefined) return [];
    if (!isMapping(volume)) return [`volume ${name} cannot be judged`];
    const { driver = 'local', driver_opts: options, external = false } = volume;
    if (external !== false) return [`volume ${name} is not of this project`];
    if (driver !== 'local') return [`volume ${name} is made by the driver ${String(driver)}`];
    if (!isMapping(options) || Object.keys(options).length === 0) return [];
    const device = typeof options.device === 'string' ? options.device : 'what its options say';
    return [`volume ${name} mounts ${device} of the host`];
  });
}
