import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Login } from '../../../../activities/adapters/remote/connect.js';
import { type SshRemote, sshRemote } from '../../../../activities/adapters/remote/ssh.js';
import { conformsToRemote } from './conformance.js';
import { freePort } from '../../../../worker/free-port.js';
import { type TestSshd, startSshd } from './sshd.js';

let sshd: TestSshd;
let remote: SshRemote;

beforeAll(async () => {
  sshd = await startSshd();
  remote = sshRemote(sshd.login);
});

afterAll(async () => {
  remote.close();
  await sshd.stop();
});

describe('a host over SSH', () => {
  conformsToRemote(() => remote);

  test('one connection serves all commands', async () => {
    const source = async () => (await remote.exec(['sh', '-c', 'echo "$SSH_CONNECTION"'])).stdout;
    const sources = await Promise.all(Array.from({ length: 20 }, source));
    expect(new Set(sources).size).toBe(1);
    expect(sources[0]).toMatch(/^127\.0\.0\.1 /);
  });

  test('a cut connection fails what runs and is made anew for what comes next', async () => {
    const running = remote.exec(['sleep', '60']);
    setTimeout(() => void sshd.cutConnections(), 300);
    await expect(running).rejects.toMatchObject({ type: 'HostUnreachable', nonRetryable: false });
    expect((await remote.exec(['echo', 'back'])).stdout).toBe('back\n');
  });
});

describe('a login', () => {
  const failureOf = async (change: Partial<Login>) => {
    const other = sshRemote({ ...sshd.login, ...change });
    try {
      await other.exec(['true']);
      throw new Error('the login was accepted');
    } catch (error) {
      return error;
    } finally {
      other.close();
    }
  };

  test('is refused when the host shows another key than the pinned one', async () => {
    expect(await failureOf({ hostKeys: [sshd.otherHostKey] })).toMatchObject({
      type: 'HostKeyChanged',
      nonRetryable: true,
      message: expect.stringContaining('ssh-ed25519 SHA256:') as string,
    });
  });

  test('is refused when the host has no key of the pinned type', async () => {
    const { publicKey } = await rsaKey();
    expect(await failureOf({ hostKeys: [publicKey] })).toMatchObject({ type: 'HostKeyChanged' });
  });

  test('is accepted when one of several pinned keys is right', async () => {
    const other = sshRemote({ ...sshd.login, hostKeys: [sshd.otherHostKey, ...sshd.login.hostKeys] });
    expect((await other.exec(['true'])).exit).toBe(0);
    other.close();
  });

  test.each([[[]], [['']], [['ssh-ed25519 AAAA']], [['not a key']]])(
    'is not tried with nothing pinned: %j',
    async (hostKeys) => {
      expect(await failureOf({ hostKeys })).toMatchObject({ type: 'HostKeyUnknown', nonRetryable: true });
    },
  );

  test('with a key the host does not know is refused, for good', async () => {
    expect(await failureOf({ identityFile: sshd.strangerKey })).toMatchObject({
      type: 'AuthenticationRefused',
      nonRetryable: true,
    });
  });

  test('with a key file that is not there says which', async () => {
    expect(await failureOf({ identityFile: '/nowhere/key' })).toMatchObject({
      type: 'AuthenticationRefused',
      message: expect.stringContaining('/nowhere/key') as string,
    });
  });

  test('where nobody listens is worth another try', async () => {
    expect(await failureOf({ port: await freePort() })).toMatchObject({
      type: 'HostUnreachable',
      nonRetryable: false,
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
  });
});

async function rsaKey(): Promise<{ publicKey: string }> {
  const { utils } = (await import('ssh2')).default;
  const { public: publicKey } = utils.generateKeyPairSync('rsa', { bits: 2048 });
  return { publicKey };
}
