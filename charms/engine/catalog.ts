import type { Charm } from './charm.js';

/** The charms of all repositories by name; the first repository that has one wins. */
export interface Catalog {
  names: readonly string[];
  /** `smtp-stub` finds `mail/smtp-stub` too. */
  find(name: string): Charm | undefined;
  providersOf(relation: string): readonly Charm[];
}

export function catalogOf(charms: readonly Charm[]): Catalog {
  const byName = new Map<string, Charm>();
  const exact = new Map<string, Charm>();
  for (const charm of charms) if (!exact.has(charm.name)) exact.set(charm.name, charm);
  for (const charm of charms) {
    const short = shortName(charm);
    for (const name of [charm.name, short]) if (!byName.has(name)) byName.set(name, exact.get(name) ?? charm);
  }
  const providers = new Map<string, Charm[]>();
  for (const charm of new Set(byName.values()))
    for (const relation of Object.keys(charm.metadata.provides ?? {})) {
      const known = providers.get(relation);
      if (known === undefined) providers.set(relation, [charm]);
      else known.push(charm);
    }
  return {
    names: [...byName.keys()],
    find: (name) => byName.get(name),
    providersOf: (relation) => providers.get(relation) ?? [],
  };
}

/** Without the folders it is in: what a service of it is called. */
export const shortName = ({ name }: Pick<Charm, 'name'>): string => name.slice(name.lastIndexOf('/') + 1);
