import type { ServiceAction, ServiceActions } from '../activities/action-look.js';
import { table } from './output.js';

/** What a service's charm can do, one line each. */
export function actionsText(host: string, service: string, { charm, actions }: ServiceActions): string {
  if (actions.length === 0) return `the charm ${charm} of ${service} has no actions`;
  const rows = actions.map(({ name, usage = '', description = '' }) => [`  ${name} ${usage}`, description]);
  return [`myc-wf start action ${host} ${service} …`, table(rows)].join('\n');
}

/** One of them, as its charm describes it. */
export function actionHelp(host: string, service: string, action: ServiceAction): string {
  const { name, usage = '', description, input, output, replaces } = action;
  const words = Object.entries(action.arguments ?? {});
  const rows = [
    ...words,
    ...(input === undefined ? [] : [['< FILE, --input', input]]),
    ...(output === undefined ? [] : [['> FILE, --output', output]]),
    ...(replaces === undefined ? [] : [['--yes', `consent: it replaces ${replaces}`]]),
  ];
  return [
    `myc-wf start action ${host} ${service} ${name} ${usage}`.trimEnd(),
    ...(description === undefined ? [] : [`  ${description}`]),
    ...(rows.length === 0 ? [] : ['', table(rows.map(([word = '', text = '']) => [`  ${word}`, text]))]),
  ].join('\n');
}
