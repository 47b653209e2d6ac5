import { type Base, buildImage } from './image.js';
import { lockImage } from './lock.js';
import { mongoBase } from './mongo-base.js';
import { containerName } from './names.js';
import { odooBase } from './odoo-base.js';
import { docker } from './run.js';

/** Public images that charms name; each folder of stand-ins/ builds one, so that no public registry has to be in reach. */
export const standIns = {
  'debian:trixie-slim': 'stand-ins/debian',
  'httpd:2.4': 'stand-ins/httpd',
  'postgres:17': 'stand-ins/postgres',
} as const;

/** The same, made when a test asks for one: they are large, and few tests need them. */
export const extraImages = {
  'mariadb:11.8': 'stand-ins/mariadb',
  'mongo:7': 'stand-ins/mongo',
  'odoo:14': 'stand-ins/odoo',
  'redis:8': 'stand-ins/redis',
} as const;
export type ExtraImage = keyof typeof extraImages;

type Say = (line: string) => void;

/** Has the mirror serve these, too; the lab is up. Each is made under its own lock: no lab waits for what it does not ask for. */
export async function provideImages(names: readonly ExtraImage[], say: Say): Promise<void> {
  for (const name of names) {
    const folder = extraImages[name];
    await lockImage(folder, () => serve({ [name]: folder }, say));
  }
}

/** The image itself, on this machine; made when it is not there. */
export function ensureExtraImage(name: ExtraImage, say: Say): Promise<string> {
  return lockImage(extraImages[name], () => buildStandIn(extraImages[name], say));
}

/** What other images than the bare Debian's are built on. */
const bases: Record<string, Base> = {
  [extraImages['mongo:7']]: mongoBase,
  [extraImages['odoo:14']]: odooBase,
};

const buildStandIn = (folder: string, say: Say): Promise<string> =>
  buildImage(folder, {}, say, bases[folder]);

/** Builds and pushes what the mirror does not have; returns the images built. */
export function ensureStandIns(say: Say): Promise<string[]> {
  return serve(standIns, say);
}

async function serve(folders: Record<string, string>, say: Say): Promise<string[]> {
  const ports = await docker(['port', containerName('mirror.lab'), '80/tcp'], { allowFailure: true });
  const [port = ''] = ports.split('\n');
  if (port === '') throw new Error('the lab is down: npm run lab -- up');

  const images: string[] = [];
  for (const [name, folder] of Object.entries(folders)) {
    const image = await buildStandIn(folder, say);
    images.push(image);
    const there = `${port}/library/${name}`;
    const [repository = '', tag = ''] = name.split(':');
    // The build's own tag stands beside the public one, and tells whether the mirror's is of this build.
    const build = image.split(':')[1] ?? '';
    const url = `http://${port}/v2/library/${repository}/manifests/`;
    const head = await fetchWhenUp(url + build);
    if (head === 200) continue;
    say(`pushing ${repository}:${tag} to the lab's mirror`);
    for (const target of [there, `${port}/library/${repository}:${build}`]) {
      await docker(['tag', image, target]);
      await docker(['push', '--quiet', target]);
      await docker(['rmi', target]);
    }
  }
  return images;
}

/** The status of a HEAD request; waits for a registry that is starting. */
async function fetchWhenUp(url: string): Promise<number> {
  const accept = 'application/vnd.docker.distribution.manifest.v2+json';
  for (let attempt = 0; ; attempt++) {
    try {
      return (await fetch(url, { method: 'HEAD', headers: { accept } })).status;
    } catch (error) {
      if (attempt === 50) throw new Error(`mirror.lab does not answer at ${url}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
