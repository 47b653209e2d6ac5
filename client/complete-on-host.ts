import { type ServiceActions, lookAtActions, readActions } from '../activities/action-look.js';
import { parseHostName, parseServiceName } from '../workflows/contract/names.js';
import type { Place } from './complete.js';
import type { Context } from './context.js';

/** Who presses Tab does not wait for longer. */
const patienceMs = 3000;

/** Services of a host, the actions of one, and an action's own words: as its charm says them there. Nothing when it does not answer. */
export async function namesOnHost(
  context: Pick<Context, 'hosts' | 'signal'>,
  place: Place,
): Promise<string[]> {
  const wanted = wantedOf(place);
  if (wanted === undefined) return [];
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(patienceMs)]);
  return Promise.race([said(context, wanted, signal).catch(() => []), givenUp(signal)]);
}

async function said(
  context: Pick<Context, 'hosts'>,
  [hostName, serviceName, actionName]: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const host = parseHostName(hostName);
  const remote = await (await context.hosts()).host(host);
  if (serviceName === undefined) return (await lookAtActions(remote, undefined, signal)).services;
  return wordsOf(await readActions(remote, parseServiceName(serviceName), signal), actionName);
}

/** A connection that is not made heeds no signal. */
const givenUp = (signal: AbortSignal): Promise<string[]> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve([]), { once: true }));

/** Host, then service, then action: as far as they stand before the word. */
function wantedOf({ command, given, value, host }: Place): string[] | undefined {
  if (value !== undefined) return undefined;
  const argument = command.registeredArguments[given.length] ?? command.registeredArguments.at(-1);
  const ofService = argument?.name().replace(/\W/g, '') === 'service';
  if (command.name() === 'action' && given.length > 0) return given.slice(0, 3);
  if (host !== undefined && ofService) return [host];
  return ofService && given[0] !== undefined ? [given[0]] : undefined;
}

/** What is typed as it stands, such as --neutralize or now; a DATABASE only people know. */
function wordsOf({ actions }: ServiceActions, name: string | undefined): string[] {
  if (name === undefined) return actions.map((action) => action.name);
  const known = actions.find((action) => action.name === name)?.arguments ?? {};
  const typed = Object.keys(known).map((word) => word.split(/[ =]/)[0] ?? '');
  return typed.filter((word) => /^-{0,2}[a-z0-9][A-Za-z0-9-]{0,63}$/.test(word));
}
