import { z } from 'zod';
import { checkSchema, parseYaml } from '../../charms/engine/index.js';
import { BadInput, shown } from '../../workflows/contract/bad-input.js';
import { type AbsolutePath, parseAbsolutePath } from '../../workflows/contract/names.js';
import type { BackupLook } from '../backup-record.js';

/** What a backup of a host takes, and what it leaves out. */
export interface MirrorPlan {
  directories: AbsolutePath[];
  /** rsync's patterns, anchored at the root. */
  excludes: string[];
  services: string[];
  /** Databases that run: dumped, and their files left out. */
  dumped: { service: string; container: string; kind: 'postgres' | 'charm' }[];
  /** Databases that do not run: their files hold still, and are mirrored. */
  stopped: string[];
}

/** What a charm says of backups, as the label `myc.backup` has it (charms/engine/render.ts). */
const label = z.object({
  dump: z.enum(['postgres', 'charm']).optional(),
  exclude: z.array(z.string().transform(parseAbsolutePath)).optional(),
});
/** As the seed's tools and the charm rsync-backup write it. */
const mirrorConfig = z.record(z.string(), z.object({ exclude: z.array(z.string()).nullish() }).nullable());

export const dumpsFolder = '/var/lib/myc-wf/backup/dumps' as AbsolutePath;
const always = ['/opt/apps/myc-deploy', '/srv/datastore'] as AbsolutePath[];
/** Never in a backup: keys and job inputs of this control plane, stages of recoveries, what is no file on a disk. */
const never = [
  ...['/etc/myc-wf', '/var/lib/myc-wf/jobs', '/var/lib/myc-wf/backup-work'],
  ...['/srv/.myc-wf-*', '/opt/apps/.myc-wf-*', '/proc', '/sys', '/dev', '/run'],
];

export function mirrorPlan({ mirrorConfig: text, containers }: BackupLook, host: string): MirrorPlan {
  const names = [...new Set(containers.map(({ service }) => service))].sort();
  const own = text === undefined ? {} : readMirrorConfig(text, `${host}:/etc/mirror-dir/config.yml`);
  const services = containers.flatMap(({ id, state, service, label: said }) => {
    if (said === '') return [];
    if (state === 'restarting')
      throw new BadInput(
        `service ${service} on ${host} keeps restarting`,
        'see its log with docker logs, then back up',
      );
    return [{ id, running: state === 'running', service, ...readLabel(said, service, host) }];
  });
  const running = services.filter((one) => one.running);
  return {
    directories: [...new Set([...always, ...Object.keys(own).map(parseAbsolutePath), dumpsFolder])],
    excludes: [
      ...never,
      ...running.flatMap(({ service, exclude = [] }) =>
        exclude.map((path) => anchored(`/srv/datastore/data/${service}${path}`)),
      ),
      ...Object.entries(own).flatMap(([folder, patterns]) => patterns.flatMap((one) => within(folder, one))),
    ],
    services: names,
    dumped: running.flatMap(({ service, id, dump: kind }) =>
      kind === undefined ? [] : [{ service, container: id, kind }],
    ),
    stopped: services.filter((one) => !one.running && one.dump !== undefined).map(({ service }) => service),
  };
}

/** rsync reads a backslash as itself, unless the pattern has a wildcard. */
function anchored(path: string): string {
  return /[*?[]/.test(path) ? path.replace(/[\\*?[]/g, '\\$&') : path;
}

/** A pattern that is anchored at a folder, or holds at any depth below it, as one or two that are anchored at the root. */
function within(folder: string, pattern: string): string[] {
  if (pattern.startsWith('/')) return [folder + pattern];
  return [`${folder}/${pattern}`, `${folder}/**/${pattern}`];
}

function readLabel(text: string, service: string, host: string): z.output<typeof label> {
  try {
    return label.parse(JSON.parse(text));
  } catch {
    throw new BadInput(
      `the label myc.backup of service ${service} on ${host} cannot be understood`,
      `run myc-wf start up ${host}`,
    );
  }
}

function readMirrorConfig(text: string, where: string): Record<string, string[]> {
  const yaml = parseYaml(text, where);
  const parsed = checkSchema({ ...yaml, value: yaml.value ?? {} }, mirrorConfig);
  const entries = Object.entries(parsed).map(([name, body]): [string, string[]] => {
    const folder = parseAbsolutePath(name);
    if (/[*?[\\]/.test(folder))
      throw new BadInput(`${where} names ${shown(folder)}`, 'name directories without wildcard characters');
    if (folder === '/' || folder.startsWith('/var/lib/myc-wf') || folder.startsWith('/etc/myc-wf'))
      throw new BadInput(
        `${where} names ${shown(folder)}`,
        'name the directories below it that a recovery needs',
      );
    const patterns = body?.exclude ?? [];
    const wrong = patterns.find((pattern) => pattern === '' || /[\u0000-\u001f\u007f]/.test(pattern));
    if (wrong !== undefined)
      throw new BadInput(`${where} excludes ${shown(wrong)}`, 'write a pattern of rsync');
    return [folder, patterns];
  });
  return Object.fromEntries(entries);
}
