import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from '../../lab/run.js';

const library = fileURLToPath(new URL('../../../activities/scripts/lib/compose.sh', import.meta.url));

let folder: string;
beforeEach(async () => (folder = await mkdtemp(path.join(tmpdir(), 'myc-compose-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A program that says how it was called. */
async function program(...names: string[]): Promise<void> {
  const file = path.join(folder, ...names);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, '#!/bin/bash\nprintf "%s|" "${0##*/}" "$@"\n');
  await chmod(file, 0o755);
}

const said = async (): Promise<string> => {
  const script = '. "$0"; compose myc /srv/compose -f "two words.yml" up --detach -- web';
  const env = { PATH: `${path.join(folder, 'bin')}:${process.env.PATH}`, DOCKER_CONFIG: folder };
  return (await run(['bash', '-c', script, library], { env })).stdout;
};
const words =
  '--progress|quiet|--project-name|myc|--project-directory|/srv/compose|-f|two words.yml|up|--detach|--|web|';

test('the plugin is called itself, where Docker would find it first', async () => {
  await program('bin', 'docker');
  await program('cli-plugins', 'docker-compose');
  expect(await said()).toBe(`docker-compose|${words}`);
});
