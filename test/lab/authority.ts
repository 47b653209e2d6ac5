import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cacheFolder, labFolder } from './names.js';
import { run } from './run.js';

/** The lab's certificate authority, a certificate of its servers, and the registry's password. One set for every checkout. */
export interface Authority {
  caFile: string;
  certificateFile: string;
  keyFile: string;
  /** The login is `lab`. */
  registryPassword: string;
}

export async function ensureAuthority(): Promise<Authority> {
  const folder = path.join(cacheFolder, 'authority');
  if (!(await stat(folder).catch(() => null))) await makeAuthority(folder);
  await mkdir(labFolder, { recursive: true });
  for (const name of ['ca.crt', 'registry-password'])
    await copyFile(path.join(folder, name), path.join(labFolder, name));
  return {
    caFile: path.join(folder, 'ca.crt'),
    certificateFile: path.join(folder, 'server.crt'),
    keyFile: path.join(folder, 'server.key'),
    registryPassword: (await readFile(path.join(folder, 'registry-password'), 'utf8')).trim(),
  };
}

/** Made beside and renamed, so that what is there is whole. */
async function makeAuthority(folder: string): Promise<void> {
  const making = `${folder}.making`;
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true, mode: 0o700 });
  const at = (name: string) => path.join(making, name);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc'];
  const ca = ['-subj', '/CN=lab authority', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
  await run([
    'openssl',
    'req',
    '-x509',
    ...newKey,
    ...ca,
    '-days',
    '3650',
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.crt'),
  ]);
  const names = [
    '-addext',
    'subjectAltName=DNS:registry.lab,DNS:apt.lab',
    '-addext',
    'basicConstraints=critical,CA:FALSE',
  ];
  const signed = ['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-days', '820'];
  const server = [
    '-subj',
    '/CN=registry.lab',
    ...names,
    '-keyout',
    at('server.key'),
    '-out',
    at('server.crt'),
  ];
  await run(['openssl', 'req', '-x509', ...newKey, ...signed, ...server]);
  await writeFile(at('registry-password'), `${randomBytes(18).toString('base64url')}\n`, { mode: 0o600 });
  await rename(making, folder);
}
