import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { repository } from '../lab/names.js';
import { type Ran, run } from '../lab/run.js';

/** Somebody who clones the repository on a machine where nothing of it ever ran. */
export interface Newcomer {
  clone: string;
  /** `npm run SCRIPT -- WORDS…` in the clone, without a terminal. */
  npm(script: string, ...words: string[]): Promise<Ran>;
  /** Ends what `npm` still runs. */
  interrupt(): void;
}

/** Clones what is committed, with the changes of tracked files that are not yet; `own` goes into the environment. */
export async function cloneAsNewcomer(folder: string, own: Record<string, string>): Promise<Newcomer> {
  const clone = path.join(folder, 'clone');
  const home = path.join(folder, 'home');
  await rm(folder, { recursive: true, force: true });
  await mkdir(home, { recursive: true, mode: 0o700 });
  await run(['git', 'clone', '--quiet', repository, clone]);
  const { stdout: changes } = await run(['git', '-C', repository, 'diff', '--binary', 'HEAD']);
  if (changes !== '') await run(['git', '-C', clone, 'apply', '--index'], { input: changes });

  const env = { ...environment(), HOME: home, XDG_CACHE_HOME: path.join(folder, 'cache'), ...own };
  const groups = new Set<number>();
  return {
    clone,
    npm: (script, ...words) =>
      new Promise((resolve, reject) => {
        const stdio = ['ignore', 'pipe', 'pipe'] as const;
        const child = spawn('npm', ['run', script, '--', ...words], {
          cwd: clone,
          env,
          detached: true,
          stdio: [...stdio],
        });
        if (child.pid !== undefined) groups.add(child.pid);
        let stdout = '';
        let stderr = '';
        child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
        child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
        child.once('error', reject);
        child.once('exit', () => groups.delete(child.pid!));
        child.once('close', (code) => resolve({ code: code ?? 255, stdout, stderr }));
      }),
    interrupt: () => {
      for (const group of groups) process.kill(-group, 'SIGTERM');
    },
  };
}

/** What says how this machine reaches registries of packages; all else that npm and Vitest say of this run is left out. */
const npmReach = /^npm_config_(registry|.*proxy|ca|cafile|strict_ssl|.*:_auth.*|.*:_password|.*:username)$/i;
const ofThisRun =
  /^(HOME$|XDG_|npm_|INIT_CWD$|CI$|NODE_ENV$|NODE_OPTIONS$|NODE_PATH$|VITEST|TEST$|MYC_WF_(?!TEST_RUN)|TEMPORAL_|SSH_|GIT_(DIR|WORK_TREE|INDEX_FILE|PREFIX)$|FORCE_COLOR$|DEBUG)/;

/** Nothing of whoever runs the tests but the way to registries of packages. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => npmReach.test(name) || !ofThisRun.test(name));
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  const searched = folders.filter((name) => !name.includes('node_modules') && !name.includes('node-gyp-bin'));
  return {
    ...Object.fromEntries(kept),
    ...packageSettings(),
    PATH: searched.join(path.delimiter),
    NO_COLOR: '1',
  };
}

/** Files of the home folder that say the same to npm, pip and Go. */
function packageSettings(): Record<string, string> {
  const config = process.env['XDG_CONFIG_HOME'] || path.join(homedir(), '.config');
  const files = [
    ['NPM_CONFIG_USERCONFIG', path.join(homedir(), '.npmrc')],
    ['PIP_CONFIG_FILE', path.join(homedir(), '.pip/pip.conf')],
    ['PIP_CONFIG_FILE', path.join(config, 'pip/pip.conf')],
    ['GOENV', path.join(config, 'go/env')],
    ['NETRC', path.join(homedir(), '.netrc')],
  ] as const;
  return Object.fromEntries(files.filter(([name, file]) => !process.env[name] && existsSync(file)));
}
