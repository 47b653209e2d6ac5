import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureContainer } from './container.js';
import { makeKey } from './files.js';
import { type Lab, openLab } from './lab.js';
import { addressOf, containerName, label, network } from './names.js';
import { docker, run } from './run.js';

/** What the lab makes once is whole whenever the command that makes it was ended. */
const spare = 'vps97.lab';
const container = `${network}_half`;
let lab: Lab;
let image: string;

beforeAll(async () => {
  lab = await openLab();
  image = await docker(['inspect', '--format', '{{.Config.Image}}', containerName('mirror.lab')]);
}, 600_000);
afterAll(async () => {
  await docker(['rm', '--force', '--volumes', container], { allowFailure: true });
  await lab.destroy(spare);
});

test('a host that was made half-way is made anew, and lets its user in', async () => {
  const place = ['--network', network, '--ip', addressOf(spare)];
  const making = ['--detach', '--label', label, '--name', `making-${containerName(spare)}`];
  await docker(['run', ...making, ...place, '--volume', '/var/lib/docker', image, 'sleep', 'infinity']);

  const host = await lab.fresh(spare);

  expect((await host.ssh('hostname')).stdout).toBe(`${spare}\n`);
  const left = ['ps', '--all', '--format', '{{.Names}}', '--filter', `name=making-${containerName(spare)}`];
  expect(await docker(left)).toBe('');
});

test('a container whose secrets did not come is not taken for whole', async () => {
  const options = ['--label', label, '--network', 'none'];
  const plan = { name: container, image, options, command: ['sleep', 'infinity'] };
  const secrets = { 'no/such/folder': 'a secret' };
  await expect(ensureContainer({ ...plan, secrets })).rejects.toThrow('ENOENT');
  await expect(ensureContainer({ ...plan, secrets })).rejects.toThrow('ENOENT');

  expect(await ensureContainer({ ...plan, secrets: { password: 'a secret' } })).toBe(true);
  expect(await docker(['exec', container, 'cat', '/etc/lab/secrets/password'])).toBe('a secret');
  expect(await ensureContainer({ ...plan, secrets: { password: 'a secret' } })).toBe(false);
});

test('a key that was made half-way is made again, with the public key that belongs to it', async () => {
  const cache = await mkdtemp(path.join(tmpdir(), 'myc-wf-half-'));
  const { stdout: old } = await run(['cat', path.join(path.dirname(lab.configFile), 'git_ed25519.pub')]);
  try {
    const key = path.join(cache, 'id_ed25519');
    for (const name of [`${key}.making`, `${key}.making.pub`, `${key}.pub`]) await writeFile(name, old);

    await makeKey(key, 'half');

    const { stdout: belongs } = await run(['ssh-keygen', '-y', '-f', key]);
    expect(belongs.trim()).toBe((await readFile(`${key}.pub`, 'utf8')).trim());
  } finally {
    await rm(cache, { recursive: true });
  }
});
