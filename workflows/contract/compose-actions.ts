import { BadInput, shown } from './bad-input.js';

/** What docker compose does to services that are there; `up` has a workflow of its own, since it plans and runs hooks. */
export const composeActions = ['down', 'stop', 'start', 'restart', 'create'] as const;
export type ComposeAction = (typeof composeActions)[number];

export function parseComposeAction(value: unknown): ComposeAction {
  const found = composeActions.find((action) => action === value);
  if (found !== undefined) return found;
  throw new BadInput(`${shown(value)} is no action of compose`, `write one of: ${composeActions.join(', ')}`);
}
