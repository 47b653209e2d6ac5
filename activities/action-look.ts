import { oneOf } from '../charms/engine/candidates.js';
import { type CharmAction, parseMetadata } from '../charms/engine/index.js';
import { BadInput } from '../workflows/contract/bad-input.js';
import {
  type ActionName,
  type ServiceName,
  parseActionName,
  parseCharmName,
  parseOperationId,
  parseServiceName,
} from '../workflows/contract/names.js';
import { outsideName, outsideNames } from '../workflows/contract/outside-names.js';
import type { Remote } from './adapters/remote/remote.js';
import { lookAt } from './look-at.js';
import { ownValue } from '../workflows/contract/own-value.js';

/** What the charm of a service can do on request, as the host has it. */
export interface ServiceActions {
  charm: string;
  actions: ServiceAction[];
  /** Names the host said that are none. */
  leftOut?: number;
}

export interface ServiceAction extends Partial<CharmAction> {
  name: ActionName;
  /** The hooks of the service run before it. */
  hooks: boolean;
}

/** What a host says: the services that were brought up there, and what one of them can do. */
export async function lookAtActions(
  remote: Remote,
  service: ServiceName | undefined,
  signal?: AbortSignal,
): Promise<{ services: ServiceName[]; found?: ServiceActions }> {
  const lines = (await lookAt(remote, 'action-look', [service ?? ''], { signal }))
    .split('\n')
    .map((line) => line.split(' ').filter((word) => word !== ''));
  const said = (word: string): string[][] =>
    lines.filter(([first]) => first === word).map((line) => line.slice(1));
  const { names: services } = outsideNames(said('services')[0] ?? [], parseServiceName);
  const [called] = said('charm')[0] ?? [];
  if (called === undefined) return { services };
  const charm = outsideName(called, parseCharmName);
  if (charm === undefined) throw otherWords(remote);
  const [metadata = ''] = said('metadata')[0] ?? [];
  const text = Buffer.from(metadata, 'base64').toString('utf8');
  const described = parseMetadata(text, `${remote.name ?? ''}:${charm}/metadata.yml`).actions ?? {};
  const lists = new Map(said('action').map(([name = '', hooks]) => [name, hooks === 'hooks']));
  const { names, leftOut } = outsideNames([...lists.keys()], parseActionName);
  const actions = names.map((name) => ({
    ...ownValue(described, name),
    ...{ name, hooks: lists.get(name) === true },
  }));
  return { services, found: { charm, actions, ...(leftOut === 0 ? {} : { leftOut }) } };
}

const otherWords = ({ name = 'the host' }: Remote): BadInput =>
  new BadInput(
    `${name} answers in other words than its scripts`,
    `look at /var/lib/myc-wf/compose on ${name}, and bring its services up again`,
  );

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
