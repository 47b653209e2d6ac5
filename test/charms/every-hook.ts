import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Charm } from '../../charms/engine/charm.js';
import { parseComposeFile } from '../../charms/engine/compose-file.js';
import { loadCharms } from '../../charms/engine/loader.js';
import { parseMetadata } from '../../charms/engine/metadata.js';
import { type PlannedHook } from '../../charms/engine/hooks.js';
import { plan } from '../../charms/engine/render.js';
import { parseCharmName } from '../../workflows/contract/names.js';
import { readmeExample } from './readme-example.js';

const folder = fileURLToPath(new URL('../../charms', import.meta.url));

/** A service whose relations are those that no charm here has by itself. */
const site: Charm = {
  ...{ name: parseCharmName('site'), repository: 'myc', hooks: [] },
  metadata: parseMetadata(
    `docker-image: site:1
data-resources: [/var/log/site]
uses:
  web-proxy: {default-options: {target: 'site:80'}}
  schedule-command: {default-options: (35 3 * * 7) compose renew site}
  log-rotate: {default-options: {paths: [/var/log/site/*.log]}}
  mysql-database:
  redis-database:
`,
    'site/metadata.yml',
  ),
};

/** Answers as Docker does where a hook asks; servers of databases say what they are expected to. */
const docker = `#!/bin/bash
case "$*" in
  "image inspect"*) exit 1 ;;
  create*) echo made ;;
  "run "*" id "*) id -u ;;
  "run --detach"*) echo server ;;
  ps*) ;;
  inspect*Health*) echo healthy ;;
  inspect*) echo true ;;
  exec*psql*) echo ok ;;
  exec*) cat >/dev/null ;;
esac
`;

/** The hooks of every charm here, run one by one as a host runs them, on a tree below `root`. */
export function everyHook(root: string) {
  const charms = [...loadCharms(folder, 'myc'), site];
  const key = `ssh-ed25519 ${'A'.repeat(68)} me@laptop`;
  const examples = charms.filter((charm) => charm !== site).map(({ name }) => readmeExample(name));
  // A README shows its keys in short.
  const text = `${examples.join('\n').replace(/"ssh-ed25519 [^"]*"/, `"${key}"`)}\nwww.site.org:\n  charm: site\n`;
  const datastore = join(root, 'datastore');
  const planned = plan({
    composeFile: parseComposeFile(text, 'compose.yml'),
    charms,
    project: 'myc',
    datastore,
  });
  const services = new Map(planned.services.map((service) => [service.name, service]));
  const state = join(root, 'state');
  const put = (file: string, content: string): string => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  };
  const bin = put(join(root, 'bin/docker'), docker);
  chmodSync(bin, 0o755);
  put(
    join(state, 'images.json'),
    JSON.stringify(Object.fromEntries(planned.services.map((s) => [s.name, s.image]))),
  );

  const run = (hook: PlannedHook): { status: number | null; stderr: string } => {
    const service = services.get(hook.service);
    const own = join(state, 'services', hook.service);
    const targets: Record<string, string[]> = {};
    for (const { name, target } of service?.relations ?? []) (targets[name] ??= []).push(target);
    const { relation } = hook;
    const data =
      relation && join(state, 'relations', relation.base, relation.name, relation.target, 'data.json');
    const options = services
      .get(relation?.base ?? '')
      ?.relations.find((one) => one.name === relation?.name && one.target === relation.target)?.options;
    if (data !== undefined && read(data) === '') put(data, JSON.stringify(options));
    const here = (value: string): string => value.replace(/^\/srv\/charm-store\/myc/, folder);
    const { status, stderr } = spawnSync(
      'bash',
      ['--norc', join(folder, 'lib/run-hook.sh'), here(hook.directory), hook.hook, hook.id],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 60_000,
        env: {
          ...Object.fromEntries(Object.entries(hook.environment).map(([name, value]) => [name, here(value)])),
          ...{
            PATH: `${dirname(bin)}:${process.env.PATH ?? ''}`,
            COMPOSE_FRAGMENTS: join(state, 'fragments'),
          },
          ...{ COMPOSE_IMAGES: join(state, 'images.json'), COMPOSE_RELATIONS: join(state, 'relations') },
          ...{
            MYC_ACTIONS: join(state, 'actions'),
            MIRROR_DIR_CONFIG: join(root, 'host/mirror-dir/config.yml'),
          },
          CRON_FOLDER: join(root, 'host/cron.d'),
          COMPOSE_OPTIONS: put(join(own, 'options.json'), JSON.stringify(service?.options)),
          COMPOSE_TARGETS: put(join(own, 'targets.json'), JSON.stringify(targets)),
          ...(data === undefined ? {} : { RELATION_DATA_FILE: data }),
        },
      },
    );
    return { status, stderr };
  };
  return { hooks: planned.hooks, run, datastore };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
