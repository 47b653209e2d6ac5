import { afterAll, beforeAll, expect, test } from 'vitest';
import { remotesPool } from '../../../../activities/adapters/remote/remotes.js';
import { BadInput } from '../../../../workflows/contract/bad-input.js';
import { type TestSshd, startSshd } from './sshd.js';

let sshd: TestSshd;

beforeAll(async () => {
  sshd = await startSshd();
});

afterAll(() => sshd.stop());

function pool() {
  const inventory = { vps1: sshd.login };
  const asked: string[] = [];
  const remotes = remotesPool({
    host: (name) => {
      if (name !== 'vps1') throw new BadInput(`${name} is not in the configuration`, 'add it');
      return inventory.vps1;
    },
    backupTarget: (name, admin) => {
      asked.push(`${admin ?? ''}@${name}`);
      // Were it not told apart from a host, `sudo` would be put before what the forced command takes.
      return { ...sshd.login, sudo: true };
    },
  });
  return { remotes, inventory, asked };
}

const source = ['sh', '-c', 'echo "$SSH_CONNECTION"'];

test('activities on one host share a connection', async () => {
  const { remotes } = pool();
  const asking = [1, 2, 3].map(async () => (await (await remotes.host('vps1')).exec(source)).stdout);
  expect(new Set(await Promise.all(asking)).size).toBe(1);
  await remotes.close();
});

test('a changed configuration is taken up', async () => {
  const { remotes, inventory } = pool();
  expect((await (await remotes.host('vps1')).exec(['true'])).exit).toBe(0);
  inventory.vps1 = { ...inventory.vps1, hostKeys: [sshd.otherHostKey] };
  await expect((await remotes.host('vps1')).exec(['true'])).rejects.toMatchObject({ type: 'HostKeyChanged' });
  await remotes.close();
});

test('a host that is not configured is refused', async () => {
  await expect(pool().remotes.host('vps2')).rejects.toThrow(/vps2 is not in the configuration/);
});

test('a backup target is told the argv as it is', async () => {
  const { remotes, asked } = pool();
  const target = await remotes.backupTarget('backup.lab:10023', 'joe');
  expect((await target.exec(['echo', 'ssh-key', 'ls'])).stdout).toBe('ssh-key ls\n');
  expect(asked).toEqual(['joe@backup.lab:10023']);
  await remotes.close();
});

test('a pool that was closed connects anew', async () => {
  const { remotes } = pool();
  const first = (await (await remotes.host('vps1')).exec(source)).stdout;
  await remotes.close();
  const second = (await (await remotes.host('vps1')).exec(source)).stdout;
  expect(second).not.toBe(first);
  await remotes.close();
});
