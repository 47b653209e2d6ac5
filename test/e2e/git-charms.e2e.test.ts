import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestSshd, startSshd } from '../activities/adapters/remote/sshd.js';
import { type Lab, type LabHost, openLab } from '../lab/lab.js';
import { type Operator, openOperator } from './operator.js';

const name = 'vps65.lab';
let lab: Lab;
let host: LabHost;
let folder: string;
let sshd: TestSshd;
const operators: Operator[] = [];
const commits: string[] = [];

const work = () => path.join(folder, 'work');
const git = (...args: string[]) =>
  execFileSync('git', ['-C', work(), '-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
    encoding: 'utf8',
  }).trim();

/** Of charms/page; the server has it, and nobody else. */
async function published(text: string): Promise<string> {
  await mkdir(path.join(work(), 'charms/page/hooks'), { recursive: true });
  await writeFile(path.join(work(), 'charms/page/metadata.yml'), 'type: stub\n');
  await writeFile(path.join(work(), 'charms/page/hooks/init'), `#!/bin/bash\necho "${text}" >/root/page\n`, {
    mode: 0o755,
  });
  git('add', '--all');
  git('commit', '--quiet', '-m', text);
  git('push', '--quiet', '--force', '--tags', path.join(folder, 'charms.git'), 'HEAD:main');
  commits.push(git('rev-parse', 'HEAD'));
  return commits.at(-1)!;
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'git-charms-'));
  await mkdir(work());
  git('init', '--quiet');
  execFileSync('git', ['init', '--quiet', '--bare', path.join(folder, 'charms.git')]);
  sshd = await startSshd();
  lab = await openLab({ hosts: 1 });
  host = await lab.fresh(name);
}, 600_000);
afterAll(async () => {
  for (const operator of operators) await operator.close();
  await lab.destroy(name);
  await rm(folder, { recursive: true });
  const cache = path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'myc-wf/charms');
  for (const commit of commits) await rm(path.join(cache, commit), { recursive: true, force: true });
});

async function operatorWith(revision: string): Promise<Operator> {
  const { user, port, identityFile, hostKeys } = sshd.login;
  const operator = await openOperator(lab, {
    configure: (config) => ({
      ...config,
      'charm-repositories': [
        {
          ...{
            name: 'team',
            git: `ssh://${user}@127.0.0.1:${port}${folder}/charms.git`,
            revision,
            folder: 'charms',
          },
          ...{ 'identity-file': identityFile!, 'host-keys': [...hostKeys] },
        },
      ],
    }),
  });
  operators.push(operator);
  return operator;
}

test('a charm that only a Git server has runs on a host, as it was at its revision, also when the server is gone', async () => {
  const first = await published('the first');
  await published('the second');
  const operator = await operatorWith(first);
  await operator.up();
  const deployed = await operator.done('start', 'deploy', name);
  expect(deployed.stdout).toContain('installed the charms of team (1)');
  await host.exec(['tee', '/opt/apps/myc-deploy/compose.yml'], { input: 'page:\n' });
  const planned = await operator.done('compose', name, 'plan');
  expect(planned.stdout).toMatch(
    new RegExp(`^charms\\n  team +ssh://.*charms\\.git ${first}\\n  myc +with myc-wf\\n`),
  );
  expect(planned.stdout).toContain('team/page');

  await sshd.stop();
  await operator.done('start', 'up', name);
  expect(await host.exec(['cat', '/root/page'])).toBe('the first');
});

test('a server that is away, when what is wanted is not here yet, is told once, and nothing was begun', async () => {
  const third = await published('the third');
  const operator = await operatorWith(third);
  await operator.up();
  const failed = await operator.myc(['start', 'up', name]);
  expect(failed.status).toBe(4);
  expect(failed.stderr).toMatch(
    /error: the charm repository team cannot be fetched from ssh:.*Connection refused; check that its server is up/,
  );
  expect(await host.exec(['cat', '/root/page'])).toBe('the first');
  const planned = await operator.myc(['compose', name, 'plan']);
  expect(planned).toMatchObject({ status: 4, stdout: '' });
});
