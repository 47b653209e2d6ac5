import type { Charm } from '../../../charms/engine/charm.js';
import { parseComposeFile } from '../../../charms/engine/compose-file.js';
import { parseMetadata } from '../../../charms/engine/metadata.js';
import { type YamlProblem, YamlError } from '../../../charms/engine/problem.js';
import { type Plan, plan } from '../../../charms/engine/render.js';
import { parseCharmName } from '../../../workflows/contract/names.js';

/** A charm as the loader would read it. */
export function charm(
  name: string,
  metadata: string,
  hooks: string[] = [],
  extra: Partial<Charm> = {},
): Charm {
  const parsed = parseMetadata(metadata, `${name}/metadata.yml`);
  return { name: parseCharmName(name), repository: 'house', metadata: parsed, hooks, ...extra };
}

export const planWith = (charms: readonly Charm[], text: string): Plan =>
  plan({
    composeFile: parseComposeFile(text, 'compose.yml'),
    charms,
    project: 'myc',
    datastore: '/srv/datastore',
  });

/** What is wrong with a compose.yml. */
export function problemsOf(charms: readonly Charm[], text: string): readonly YamlProblem[] {
  try {
    planWith(charms, text);
  } catch (error) {
    if (error instanceof YamlError) return error.problems;
    throw error;
  }
  throw new Error('nothing was refused');
}
