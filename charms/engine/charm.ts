import type { CharmName } from '../../workflows/contract/names.js';
import type { CharmMetadata } from './metadata.js';
import type { YamlError } from './problem.js';

/** What the engine knows of a charm; the loader reads it from a folder, an activity from a host's charm store. */
export interface Charm {
  name: CharmName;
  /** The charm repository it came from: `/srv/charm-store/<repository>/<charm>`. */
  repository: string;
  metadata: CharmMetadata;
  /** Its metadata.yml cannot be right: told to who uses it, no hindrance to the others. */
  fault?: YamlError;
  /** Names of the files under hooks/. */
  hooks: readonly string[];
  /** What keeps some of them from running: told to who uses it. */
  warnings?: readonly string[];
  /** Hex digest of build/, present when the charm builds its image. */
  buildDigest?: string;
  /** Hex digest of resources/, present when the charm has files to place in the container. */
  resourcesDigest?: string;
}

export const charmStore = '/srv/charm-store';

export const charmDirectory = (charm: Pick<Charm, 'name' | 'repository'>): string =>
  `${charmStore}/${charm.repository}/${charm.name}`;

/** The image a charm builds, tagged by content: unchanged content is not built again. */
export const builtImage = (project: string, charm: Pick<Charm, 'name'>, digest: string): string =>
  `${project}/${charm.name}:${digest.slice(0, 16)}`;
