import { createHash } from 'node:crypto';
import { charmDirectory } from './charm.js';
import { type Sides, relationEnvironment } from './environment.js';
import type { ResolvedService } from './resolve.js';
import type { Variables } from './variables.js';

export interface HookRelation {
  name: string;
  base: string;
  target: string;
}

export interface PlannedHook {
  /** Names it among the hooks of its service: the hook's file name, and for a relation which one. */
  id: string;
  service: string;
  charm: string;
  /** Its file under hooks/. */
  hook: string;
  /** Before the services are started, or after. */
  stage: 'before' | 'after';
  relation?: HookRelation;
  directory: string;
  environment: Variables;
  timeoutSeconds: number;
}

/** Longer than an image takes that a hook runs to ask it something; a charm may say another time. */
const defaultTimeoutSeconds = 900;

/** What a charm does for itself, besides its relations. */
export const ownHooks = ['init', 'pre_deploy', 'post_deploy'] as const;

/** In the order they run: every init, every relation (its provider first), pre_deploy; after the start post_deploy. */
export function plannedHooks(
  services: readonly ResolvedService[],
  environmentOf: (service: ResolvedService) => Variables,
): PlannedHook[] {
  const byName = new Map(services.map((service) => [service.name as string, service]));
  const own = (hook: (typeof ownHooks)[number], stage: PlannedHook['stage']): PlannedHook[] =>
    services.flatMap((service) => hookOf(service, hook, stage, environmentOf(service)));
  const relations = services.flatMap((base) =>
    base.relations.flatMap((relation) => {
      const target = byName.get(relation.target);
      return target === undefined ? [] : joined({ relation, base, target }, environmentOf);
    }),
  );
  return [
    ...own('init', 'before'),
    ...relations,
    ...own('pre_deploy', 'before'),
    ...own('post_deploy', 'after'),
  ];
}

const ofRelation = '-relation-joined';

/** `web-proxy` -> `web_proxy-relation-joined`. */
export const joinedHook = (relation: string): string => `${relation.replaceAll('-', '_')}${ofRelation}`;

/** What keeps a file under hooks/ from running; undefined for one that runs, or that is no hook at all. */
export function hookFault(name: string, executable: boolean): string | undefined {
  const called = name.endsWith(ofRelation)
    ? joinedHook(name.slice(0, -ofRelation.length))
    : ownHooks.find((hook) => hook === name.replaceAll('-', '_'));
  if (called === undefined) return undefined;
  if (called !== name) return `hooks/${name} never runs, call it ${called}`;
  return executable ? undefined : `hooks/${name} cannot run, chmod +x it`;
}

function joined(sides: Sides, environmentOf: (service: ResolvedService) => Variables): PlannedHook[] {
  const { relation, base, target } = sides;
  const hook = joinedHook(relation.name);
  const named = { name: relation.name, base: base.name, target: target.name };
  const digest = createHash('sha256').update(`${named.base}\0${named.target}`).digest('hex').slice(0, 12);
  return [target, base].flatMap((service) =>
    hookOf(service, hook, 'before', relationEnvironment(sides, environmentOf(service))).map((planned) => ({
      ...planned,
      id: `${hook}.${digest}`,
      relation: named,
    })),
  );
}

function hookOf(
  { name, definition }: ResolvedService,
  hook: string,
  stage: PlannedHook['stage'],
  environment: Variables,
): PlannedHook[] {
  if (!definition.hooks.includes(hook)) return [];
  const timeoutSeconds = definition.metadata['hook-timeout'] ?? defaultTimeoutSeconds;
  const directory = charmDirectory(definition);
  return [
    { id: hook, service: name, charm: definition.name, hook, stage, directory, environment, timeoutSeconds },
  ];
}
