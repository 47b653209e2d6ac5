import { mkdir, mkdtemp, readFile, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { localRemote } from '../../../activities/adapters/remote/local.js';
import type { Remote } from '../../../activities/adapters/remote/remote.js';
import { giveToHost } from '../../../activities/given.js';
import { secretsOfHost } from '../../../activities/job-logs.js';
import type { OperationId } from '../../../workflows/contract/names.js';

const [first, second, later] = [
  '20261101T031500Z-aaaaaa',
  '20261102T031500Z-bbbbbb',
  '20261123T031500Z-cccccc',
] as OperationId[];
const { signal } = new AbortController();
let root: string;
beforeEach(async () => (root = await mkdtemp(path.join(tmpdir(), 'myc-wf-given-'))));
afterEach(() => rm(root, { recursive: true }));

/** This machine, the scripts' places below a folder of the test. */
function host(): Remote {
  const local = localRemote();
  const moved = (word: string): string =>
    word.replaceAll(/\/(var\/lib\/myc-wf|opt\/apps|srv\/datastore)/g, `${root}/$1`);
  return { ...local, exec: (argv, options) => local.exec(argv.map(moved), options) };
}
const at = (name: string): string => path.join(root, 'var/lib/myc-wf', name);
async function put(name: string, text: string): Promise<void> {
  await mkdir(path.dirname(at(name)), { recursive: true });
  await writeFile(at(name), text);
}
const weeksAgo = new Date(Date.now() - 21 * 86_400_000);

test('what operations were given is masked, whichever operation it was, also when its folder has gone', async () => {
  await giveToHost(host(), first!, { compose: 'web:\n  options: {admin-password: canary-file}\n' }, signal);
  await giveToHost(
    host(),
    second!,
    { added: 'web:\n  options:\n    api-token: !var-expand canary-added\n' },
    signal,
  );
  expect(new Set(await secretsOfHost(host(), signal))).toEqual(new Set(['canary-file', 'canary-added']));

  // `up` wrote them down, for hooks and for docker compose.
  await put('compose/services/web/options.json', '{"admin-password":"canary-file"}');
  await put('compose/docker-compose.yml', 'services: {web: {environment: {API_TOKEN: canary-added}}}\n');
  await rm(at('given'), { recursive: true });
  expect(new Set(await secretsOfHost(host(), signal))).toEqual(new Set(['canary-file', 'canary-added']));
});

test('it is kept as long as a job of its operation, and no longer', async () => {
  for (const id of [first!, second!]) {
    await giveToHost(host(), id, { added: `web: {options: {api-token: canary-${id.slice(-6)}}}\n` }, signal);
    await utimes(at(`given/${id}`), weeksAgo, weeksAgo);
  }
  await put(`jobs/${second}.hooks.-.0123456789abcdef/output`, 'canary-bbbbbb');
  await giveToHost(host(), later!, { added: 'web: {}\n' }, signal);
  expect((await readdir(at('given'))).sort()).toEqual([second, later]);
  expect(await secretsOfHost(host(), signal)).toEqual(['canary-bbbbbb']);
});

test('what is too much to read, or a link, is left out, and the rest is masked all the same', async () => {
  await put(
    `given/${first}/compose.yml`,
    `web: {options: {api-token: canary-large}} #${'x'.repeat(4 * 1024 * 1024)}`,
  );
  await put(`given/${second}/compose.yml`, 'web: {options: {api-token: canary-small}}\n');
  await put('elsewhere', 'web: {options: {api-token: canary-link}}\n');
  await mkdir(at(`given/${later}`), { recursive: true });
  await symlink(at('elsewhere'), at(`given/${later}/compose.yml`));
  expect(await secretsOfHost(host(), signal)).toEqual(['canary-small']);
  expect(await readFile(at('elsewhere'), 'utf8')).toContain('canary-link');
});
