import { expect, test } from 'vitest';
import type { Remote } from '../../../activities/adapters/remote/remote.js';
import { rightsOnHost } from '../../../activities/services/container-rights.js';
import { charm, planWith } from '../../charms/engine/house.js';

const charms = [charm('web', 'docker-image: httpd:2.4\n')];
const signal = new AbortController().signal;

/** A host whose docker compose answers so. */
const hostSaying = (answer: { exit: number; stdout?: string; stderr?: string }): Remote => ({
  exec: () => Promise.resolve({ stdout: '', stderr: '', ...answer }),
  openUnixSocket: () => Promise.reject(new Error('not asked')),
});
const rightsOf = (text: string, answer: Parameters<typeof hostSaying>[0]) =>
  rightsOnHost({ remote: hostSaying(answer), signal }, 'vps1.lab', {
    plan: planWith(charms, text),
    secrets: ['hunter22'],
  });

test('what compose renders is judged, and what it read files for besides', async () => {
  const rendered = {
    name: 'myc',
    services: { web: { image: 'httpd:2.4', pid: 'host', networks: { default: null } } },
  };
  const text = 'web:\n  docker-compose: {pid: "${X:-host}", env_file: /etc/shadow}\n';
  expect(await rightsOf(text, { exit: 0, stdout: JSON.stringify(rendered) })).toEqual([
    "service web uses the host's processes (pid)",
    'service web has compose read /etc/shadow of the host as root (env_file)',
  ]);
});

test('what compose refuses is told, with secrets under the mask', async () => {
  const answer = { exit: 1, stderr: 'services.web.restart: hunter22 is no policy\n' };
  await expect(rightsOf('web:\n', answer)).rejects.toThrow(
    /refuses .*: services.web.restart: \*\*\* is no policy/,
  );
});

test('a file that compose could not read as settings is quoted nowhere', async () => {
  const answer = {
    exit: 1,
    stderr: 'failed to read /etc/shadow: line 1: unexpected "*" in "root:$6$hash:19000"\n',
  };
  const refused = rightsOf('web:\n  docker-compose: {env_file: /etc/shadow}\n', answer);
  await expect(refused).rejects.toThrow(/compose read \/etc\/shadow of the host as root/);
  await expect(refused).rejects.not.toThrow(/hash/);
});

test('an answer that cannot be read is not taken for harmless', async () => {
  await expect(rightsOf('web:\n', { exit: 0, stdout: 'no JSON' })).rejects.toThrow(/no JSON/);
});
