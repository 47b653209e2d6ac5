import { readFile, stat } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as fleet from './fleet.js';
import { removeAside, setAside } from './fleet.js';
import { type Lab, openLab } from './lab.js';
import { answersSsh } from './machine.js';
import { containerName, subnet } from './names.js';
import { docker, run } from './run.js';

/** Destroyed and made anew here, so that other tests keep their vps1 and vps2. */
const spare = 'vps9.lab';
let lab: Lab;

beforeAll(async () => {
  lab = await openLab();
  await lab.fresh(spare);
}, 600_000);
afterAll(() => lab.destroy(spare));

test('a bare host has booted without a failed unit and without Docker', async () => {
  const host = await lab.host(spare);
  expect(await host.exec(['systemctl', 'is-system-running', '--wait'])).toBe('running');
  const which = await host.exec(['sh', '-c', 'command -v docker || echo none']);
  expect(which).toBe('none');
});

test('sshd shows the pinned key, and another key is refused', async () => {
  const host = await lab.host(spare);
  expect((await host.ssh('id -un')).stdout).toBe('root\n');
  await host.exec(['sh', '-c', 'rm /etc/ssh/ssh_host_*; ssh-keygen -q -A; systemctl restart ssh']);
  const refused = await host.ssh('true', { allowFailure: true });
  expect(refused.code).toBe(255);
  expect(refused.stderr).toContain('REMOTE HOST IDENTIFICATION HAS CHANGED');
  await lab.fresh(spare);
});

test('two hosts have two host keys', async () => {
  const [one, two] = [await lab.host('vps1'), await lab.host('vps2')];
  expect(one.hostKey).not.toBe(two.hostKey);
});

test('vps2 takes a user with sudo, not root', async () => {
  const host = await lab.host('vps2');
  expect((await host.ssh('id -un; sudo -n id -u')).stdout).toBe('debian\n0\n');
  const asRoot = await lab.host('vps1');
  expect((await asRoot.ssh('id -u')).stdout).toBe('0\n');
});

test('a reboot keeps files and a changed host name, and loses /run', async () => {
  const host = await lab.host(spare);
  await host.exec(['hostnamectl', 'set-hostname', 'renamed.lab']);
  await host.exec(['touch', '/root/kept', '/run/lost']);
  await host.reboot();
  const found = await host.ssh('hostname; ls /root/kept /run/lost', { allowFailure: true });
  expect(found.stdout).toBe('renamed.lab\n/root/kept\n');
});

test('a host that is cut off does not answer, and answers again at the same address', async () => {
  const host = await lab.host(spare);
  await host.cut();
  expect(await answersSsh(host.address)).toBe(false);
  // The link is dead, not unplugged: programs on the host see nothing but silence.
  expect(await host.exec(['ip', '-brief', 'link', 'show', 'eth0'])).toContain('LOWER_UP');
  await host.heal();
  expect((await host.ssh('echo back')).stdout).toBe('back\n');
});

test('a destroyed host takes its disk with it', async () => {
  const host = await lab.host(spare);
  await host.exec(['touch', '/var/lib/docker/kept']);
  const disk = await diskOf(spare);
  await lab.destroy(spare);
  expect(await isThere(disk)).toBe(false);
  await expect(lab.host(spare)).rejects.toThrow(/is not up/);
  const anew = await lab.fresh(spare);
  expect(await anew.exec(['ls', '/var/lib/docker'])).toBe('');
});

test('a host that was put aside makes room at once, and goes with its disk later', async () => {
  const disk = await diskOf(spare);
  await setAside([spare, 'vps96.lab']);
  await expect(lab.host(spare)).rejects.toThrow(/is not up/);
  const anew = await lab.fresh(spare);
  expect((await anew.ssh('echo anew')).stdout).toBe('anew\n');
  expect(await isThere(disk)).toBe(true);
  await removeAside();
  expect(await isThere(disk)).toBe(false);
  expect((await anew.ssh('echo there')).stdout).toBe('there\n');
});

const source = '{{range .Mounts}}{{if eq .Destination "/var/lib/docker"}}{{.Source}}{{end}}{{end}}';
/** Where this machine has what its Docker keeps. */
const diskOf = (host: string): Promise<string> =>
  docker(['inspect', '--format', source, containerName(host)]);
const isThere = (folder: string): Promise<boolean> =>
  stat(folder).then(
    () => true,
    () => false,
  );

test('packets to a host that is not there never leave the machine', async () => {
  const routes = (await run(['ip', 'route', 'show', 'type', 'blackhole'])).stdout;
  expect(routes).toContain(subnet());
});

test('a second up changes nothing', async () => {
  const before = [(await stat(lab.configFile)).mtimeMs, await docker(['ps', '--quiet', '--no-trunc'])];
  expect(await fleet.up(2, () => undefined)).toEqual([]);
  const after = [(await stat(lab.configFile)).mtimeMs, await docker(['ps', '--quiet', '--no-trunc'])];
  expect(after).toEqual(before);
  expect(await readFile(lab.configFile, 'utf8')).toContain('vps1.lab');
});
