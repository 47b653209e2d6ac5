import { oneOf } from '../charms/engine/candidates.js';
import { BadInput, shown } from '../workflows/contract/bad-input.js';
import { type ServiceName, parseServiceName } from '../workflows/contract/names.js';
import { outsideName } from '../workflows/contract/outside-names.js';
import { type ComposeAction, parseComposeAction } from '../workflows/contract/compose-actions.js';
import type { ComposeActionInput, StageResult } from './activities.js';
import type { Remote } from './adapters/remote/remote.js';
import type { StageContext } from './converge.js';
import { project } from './host-services.js';
import { secretsOfHost } from './job-logs.js';
import { lookAt } from './look-at.js';
import { succeeding } from './service-jobs.js';

/** The services of the last `up`, and the states of their containers. */
export interface ServicesState {
  services: ServiceName[];
  containers: Map<string, string>;
  /** Names the host said that are none. */
  leftOut: number;
}

/** docker compose's own words, on what the last `up` wrote; one named job. */
export async function composeAction(context: StageContext, input: ComposeActionInput): Promise<StageResult> {
  const { remote, signal, before = [] } = context;
  const action = parseComposeAction(input.action);
  const services = (input.services ?? []).map(parseServiceName);
  const state = await servicesState(remote, signal);
  refuseUnknown(input.host, action, services, state);
  if (input.dryRun) return told([...before, ...foreseen(action, services, state)]);
  const { result } = await succeeding(context, input, {
    script: 'compose-action',
    libraries: ['compose'],
    args: [project, action, ...services],
    secrets: await secretsOfHost(remote, signal),
    // A container that does not stop is killed by Docker long before.
    stallSeconds: 900,
  });
  return told([...before, ...result.split('\n').filter((line) => line !== '')]);
}

const told = (changed: string[]): StageResult => ({ changed, summary: changed.join(', ') });

export async function servicesState(remote: Remote, signal: AbortSignal): Promise<ServicesState> {
  const said = await lookAt(remote, 'services-state', [project], { libraries: ['compose'], signal });
  const state: ServicesState = { services: [], containers: new Map(), leftOut: 0 };
  for (const line of said.split('\n')) {
    const [word, said = '', is = ''] = line.split(' ');
    if (word !== 'service' && word !== 'container') continue;
    const name = outsideName(said, parseServiceName);
    if (name === undefined) state.leftOut += 1;
    else if (word === 'service') state.services.push(name);
    else state.containers.set(name, is);
  }
  return state;
}

function refuseUnknown(
  host: string,
  action: ComposeAction,
  services: readonly string[],
  { services: known, containers }: ServicesState,
): void {
  const wrong = services.find((name) => !known.some((one) => one === name));
  if (known.length === 0 && (services.length > 0 || action !== 'down'))
    throw new BadInput(`no services were brought up on ${host} yet`, `myc-wf start up ${host}`);
  if (wrong !== undefined) throw new BadInput(`${host} has no service ${shown(wrong)}`, oneOf(wrong, known));
  const bare = services.find((name) => !containers.has(name));
  if (bare !== undefined && (action === 'start' || action === 'restart'))
    throw new BadInput(`${bare} has no container to ${action}`, `myc-wf start up ${host} ${bare} makes one`);
}

/** What the action would change: for a dry run. */
export function foreseen(
  action: ComposeAction,
  asked: readonly string[],
  { services, containers }: { services: readonly string[]; containers: ReadonlyMap<string, string> },
): string[] {
  const named = (name: string): boolean => asked.length === 0 || asked.includes(name);
  const there = [...containers].filter(([name]) => named(name));
  const runs = there.filter(([, state]) => state === 'running').map(([name]) => name);
  if (action === 'down') return there.map(([name]) => `removed ${name}`);
  if (action === 'stop') return runs.map((name) => `stopped ${name}`);
  if (action === 'restart')
    return there.map(([name]) => `${runs.includes(name) ? 'restarted' : 'started'} ${name}`);
  if (action === 'start')
    return there.filter(([name]) => !runs.includes(name)).map(([name]) => `started ${name}`);
  return services.filter((name) => named(name) && !containers.has(name)).map((name) => `created ${name}`);
}
