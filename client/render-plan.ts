import type { Plan, PlannedHook } from '../charms/engine/index.js';
import { type CharmRepository, ownRepository } from '../activities/charm-repositories.js';
import { table } from './output.js';

export type PlannedRepository = Pick<CharmRepository, 'name' | 'path' | 'from' | 'charms'>;

/** What compose.yml and charms come to, for people: providers first, relations with where they come from, hooks in order. */
export function planText(plan: Plan, repositories: readonly PlannedRepository[]): string {
  if (plan.services.length === 0) return 'no services in compose.yml';
  const relations = relationsOf(plan).map(({ service, relation, target, origin }) => [
    `  ${service}`,
    relation,
    `-> ${target}`,
    origin,
  ]);
  const hooks = plan.hooks.map((hook, index) => [
    `  ${String(index + 1).padStart(String(plan.hooks.length).length)}.`,
    hook.service,
    hook.hook,
    hookAbout(hook),
  ]);
  const services = servicesOf(plan).map(({ name, charm, repository, container, image, written }) => [
    `  ${name}`,
    `${repository}/${charm}`,
    ...[container === 'none' ? 'no container' : [image, container === 'service' ? '' : container]].map(
      joined,
    ),
    written ? '' : 'added',
  ]);
  const charms = repositories.map((repository) => [`  ${repository.name}`, placeOf(repository)]);
  return [
    // The first that has a charm gives it.
    ...(charms.length > 1 ? [['charms', table(charms)] as const] : []),
    ['services', table(services)],
    ['relations', relations.length === 0 ? '  none' : table(relations)],
    ['hooks', hooks.length === 0 ? '  none' : table(hooks)],
  ]
    .map(([title, body]) => `${title}\n${body}`)
    .concat(hiddenCharms(plan, repositories).map((text) => `note: ${text}`))
    .concat([...plan.rights, ...plan.warnings].map((text) => `warning: ${text}`))
    .concat(plan.advice.map((text) => `advice: ${text}`))
    .join('\n');
}

/** The same for programs. Options are left out: they may hold secrets. */
export const planDocument = (plan: Plan, repositories: readonly PlannedRepository[]) => ({
  repositories: repositories.map(({ name, path, from }) => ({ name, ...(from ?? { path }) })),
  services: servicesOf(plan),
  relations: relationsOf(plan),
  hooks: plan.hooks.map(({ service, charm, hook, stage, relation }) => ({
    ...{ service, charm, hook, stage },
    ...(relation === undefined ? {} : { relation }),
  })),
  images: plan.images,
  warnings: [...plan.rights, ...plan.warnings],
  advice: plan.advice,
});

const placeOf = ({ name, path, from }: PlannedRepository): string => {
  if (name === ownRepository) return 'with myc-wf';
  if (from === undefined) return path;
  const { git, revision, commit } = from;
  return `${git} ${revision === commit ? commit : `${revision} (${commit})`}`;
};

/** Charms of a service that another repository has, too, and does not give. */
function hiddenCharms({ services }: Plan, repositories: readonly PlannedRepository[]): string[] {
  return services.flatMap(({ name, charm, repository }) => {
    const short = charm.slice(charm.lastIndexOf('/') + 1);
    const others = repositories.filter(
      (one) => one.name !== repository && one.charms.some((other) => [charm, short].includes(other.name)),
    );
    if (others.length === 0) return [];
    return [
      `${charm} of ${name} is that of ${repository}, which comes before ${others.map((one) => one.name).join(', ')}`,
    ];
  });
}

const servicesOf = ({ services }: Plan) =>
  services.map(({ name, charm, repository, container, image, summoned }) => ({
    ...{ name, charm, repository, container, image },
    /** Or it is there because a relation asks for it. */
    written: !summoned,
  }));

const joined = (words: string | (string | null)[]): string =>
  typeof words === 'string' ? words : words.filter(Boolean).join(', ');

const relationsOf = ({ services }: Plan) =>
  services.flatMap(({ name: service, relations }) =>
    relations.map(({ name: relation, target, origin }) => ({ service, relation, target, origin })),
  );

function hookAbout({ service, relation, stage }: PlannedHook): string {
  if (relation !== undefined)
    return service === relation.base ? `to ${relation.target}` : `of ${relation.base}`;
  return stage === 'after' ? 'after the start' : '';
}
