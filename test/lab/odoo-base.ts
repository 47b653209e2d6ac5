import { createHash } from 'node:crypto';
import { bootstrapped, checkBootstrap } from './base-image.js';
import type { Base } from './image.js';
import { imageLabel, imageName } from './names.js';
import { docker } from './run.js';

const release = 'bullseye';
const options = [
  '--include=odoo-14',
  // Half of it is translations, and drawing that only a graphics card needs: kept out of every pull of a host.
  '--dpkgopt=path-exclude=/usr/lib/python3/dist-packages/odoo/addons/*/i18n/*.po',
  ...['dri/*', 'libLLVM-11.so.1', 'libz3.so.4'].map(
    (name) => `--dpkgopt=path-exclude=/usr/lib/x86_64-linux-gnu/${name}`,
  ),
  ...['doc', 'locale', 'man'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
];
const key = createHash('sha256').update(options.join(' ')).digest('hex').slice(0, 12);

/** Debian 11 with its Odoo 14: the last Debian that packages it. Its `main` alone, since the index of its security archive names files that are gone. */
export const odooBase: Base = {
  name: `${release} ${key}`,
  ensure: async (apt, say) => {
    const image = imageName(`odoo-base:${key}`);
    if (await docker(['images', '-q', image])) return image;
    await checkBootstrap('odoo:14');
    const of = 'a Debian 11 with Odoo 14, which takes 3 minutes once';
    const tar = await bootstrapped(apt, say, { of, release, options });
    await docker(['import', '--change', `LABEL ${imageLabel}`, tar, image]);
    return image;
  },
};
