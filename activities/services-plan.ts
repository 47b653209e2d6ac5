import { type Plan, parseComposeFile, plan } from '../charms/engine/index.js';
import type { CharmRepository } from './charm-repositories.js';
import { secretsIn, secretsInText } from './commands/known-secrets.js';

/** compose.yml, and what is merged over it, with what its errors call them. */
export interface ComposeSources {
  text: string;
  where: string;
  added?: { text: string; file: string };
}

/** What they come to with these charms; throws YamlError with a place for each fault. */
export const planServicesOf = (
  { text, where, added }: ComposeSources,
  repositories: readonly Pick<CharmRepository, 'charms'>[],
): Plan =>
  plan({
    composeFile: parseComposeFile(text, where, added),
    charms: repositories.flatMap(({ charms }) => charms),
    project: 'myc',
    datastore: '/srv/datastore',
  });

/** What must not be shown of a host's services: generated passwords, what hooks told each other, what is named like a secret. */
export const secretsSaid = (said: ReadonlyMap<string, string[]>, all: Plan): string[] => [
  ...(said.get('secret') ?? []).map((secret) => secret.trim()),
  ...['relation', 'known'].flatMap((word) => (said.get(word) ?? []).flatMap(secretsInText)),
  ...secretsOfPlan(all),
];

export const secretsOfPlan = ({ services, dockerCompose }: Plan): string[] => [
  ...services.flatMap(({ options, relations }) => [
    ...secretsIn(options),
    ...relations.flatMap((relation) => secretsIn(relation.options)),
  ]),
  ...secretsIn(dockerCompose),
];
