import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import {
  accepting,
  authenticationRefused,
  hostKeyChanged,
  hostKeyUnknown,
  hostUnreachable,
  jobFailed,
  jobStalled,
  outputTooLarge,
} from '../../activities/failures.js';
import { parseHostName } from '../../workflows/contract/names.js';

test('an unreachable host is tried again', () => {
  const failure = hostUnreachable('vps1', 'connection refused', new Error('ECONNREFUSED'));
  expect(failure).toMatchObject({ type: 'HostUnreachable', nonRetryable: false });
  expect(failure.message).toMatch(/^vps1 cannot be reached: connection refused; /);
  expect((failure.cause as Error).message).toBe('ECONNREFUSED');
});

const job = { host: 'vps1', step: 'data', subject: 'odoo' };

test.each([
  [hostKeyChanged('vps1', 'ssh-ed25519 SHA256:x'), 'HostKeyChanged', /SHA256:x.*host-keys/],
  [hostKeyUnknown('vps1'), 'HostKeyUnknown', /vps1.*start vps-setup vps1/],
  [authenticationRefused('vps1', 'root', 'it refused the key'), 'AuthenticationRefused', /as root/],
  [outputTooLarge('vps1', 'cat'), 'OutputTooLarge', /`cat` on vps1/],
  [jobFailed({ ...job, exit: 3 }), 'JobFailed', /data \(odoo\) failed on vps1 with exit code 3/],
  [jobStalled({ ...job, seconds: 600, phase: 'copying' }), 'JobStalled', /600 s.*copying/],
])('a failure that is final: %#', (failure, type, message) => {
  expect(failure).toMatchObject({ type, nonRetryable: true });
  expect(failure.message).toMatch(message);
});

test("a failed job's last lines end its message", () => {
  expect(jobFailed({ ...job, exit: 1, lastLines: ['one', 'two'] }).message).toMatch(/\none\ntwo$/);
});

describe('an activity that accepts its input', () => {
  test('turns what a parser refused into a final failure', async () => {
    const activity = accepting((name: unknown) => parseHostName(name));
    const failure = await activity('Not A Host').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type: 'BadInput', nonRetryable: true });
    expect((failure as Error).message).toContain('"Not A Host" is not a host name');
  });

  test('leaves any other error and any result as they are', async () => {
    const broken = new TypeError('mine');
    await expect(accepting(() => Promise.reject(broken))()).rejects.toBe(broken);
    await expect(accepting((a: number, b: number) => a + b)(1, 2)).resolves.toBe(3);
  });
});
