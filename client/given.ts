import { parseYaml } from '../charms/engine/yaml.js';
import { parseComposeFile } from '../charms/engine/compose-file.js';
import { giveToHost } from '../activities/given.js';
import type { HostName, OperationId } from '../workflows/contract/names.js';
import { type GivenOptions, readGiven, showingPlaces } from './compose-source.js';
import type { Context } from './context.js';
import { type GivenTexts, planOnHost, renderedOnHost } from './host-plan.js';

/** What `start up` was given: read, and refused with its place when it is no compose.yml, before a host hears of it. */
export async function readGivenTexts(options: GivenOptions): Promise<GivenTexts> {
  const texts = await readGiven(options);
  const { compose, added } = texts;
  showingPlaces(() => {
    if (added !== undefined) parseYaml(added.text, added.file, { varExpand: true });
    if (compose !== undefined) parseComposeFile(compose.text, compose.file, added);
  });
  return texts;
}

/** Straight to the host: compose.yml may hold secrets, and Temporal keeps what it is told. */
export async function give(
  context: Context,
  host: HostName,
  operationId: OperationId,
  { compose, added }: GivenTexts,
): Promise<void> {
  if (compose === undefined && added === undefined) return;
  const remote = await (await context.hosts()).host(host);
  const texts = {
    ...(compose === undefined ? {} : { compose: compose.text }),
    ...(added === undefined ? {} : { added: added.text }),
  };
  await giveToHost(remote, operationId, texts, context.signal);
}

/** `--debug`: docker-compose.yml as it is rendered now, with what the hooks left. */
export async function showRendered(context: Context, host: HostName, given: GivenTexts): Promise<void> {
  const dockerCompose = await renderedOnHost(await planOnHost(context, host, [], given), context.signal);
  context.output.result({ event: 'docker-compose', dockerCompose }, dockerCompose.trimEnd());
}
