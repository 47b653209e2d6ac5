import { oneOf } from '../charms/engine/candidates.js';
import { type CharmAction, parseMetadata } from '../charms/engine/index.js';
import { BadInput } from '../workflows/contract/bad-input.js';
import { type ServiceName, parseOperationId } from '../workflows/contract/names.js';
import type { Remote } from './adapters/remote/remote.js';
import { lookAt } from './look-at.js';
import { ownValue } from '../workflows/contract/own-value.js';

/** What the charm of a service can do on request, as the host has it. */
export interface ServiceActions {
  charm: string;
  actions: ServiceAction[];
}

export interface ServiceAction extends Partial<CharmAction> {
  name: string;
  /** The hooks of the service run before it. */
  hooks: boolean;
}

/** What a host says: the services that were brought up there, and what one of them can do. */
export async function lookAtActions(
  remote: Remote,
  service: ServiceName | undefined,
  signal?: AbortSignal,
): Promise<{ services: string[]; found?: ServiceActions }> {
  const lines = (await lookAt(remote, 'action-look', [service ?? ''], { signal }))
    .split('\n')
    .map((line) => line.split(' ').filter((word) => word !== ''));
  const said = (word: string): string[][] =>
    lines.filter(([first]) => first === word).map((line) => line.slice(1));
  const services = said('services')[0] ?? [];
  const [charm] = said('charm')[0] ?? [];
  if (charm === undefined) return { services };
  const [metadata = ''] = said('metadata')[0] ?? [];
  const text = Buffer.from(metadata, 'base64').toString('utf8');
  const described = parseMetadata(text, `${remote.name ?? ''}:${charm}/metadata.yml`).actions ?? {};
  const actions = said('action').map(([name = '', hooks]) => ({
    ...ownValue(described, name),
    ...{ name, hooks: hooks === 'hooks' },
  }));
  return { services, found: { charm, actions } };
}

/** BadInput when the service was never brought up on the host. */
export async function readActions(
  remote: Remote,
  service: ServiceName,
  signal?: AbortSignal,
): Promise<ServiceActions> {
  const { services, found } = await lookAtActions(remote, service, signal);
  if (found !== undefined) return found;
  throw new BadInput(
    `no service ${service} was brought up on ${remote.name ?? 'the host'}`,
    oneOf(service, services),
  );
}

export function actionNamed({ charm, actions }: ServiceActions, name: string): ServiceAction {
  const found = actions.find((action) => action.name === name);
  if (found !== undefined) return found;
  const names = actions.map((action) => action.name);
  throw new BadInput(`the charm ${charm} has no action ${name}`, oneOf(name, names));
}

/** What goes to an action and comes from it; for root only, and gone a day later at the latest. */
export const streamFolder = (operationId: string): string =>
  `/var/lib/myc-wf/streams/${parseOperationId(operationId)}`;
