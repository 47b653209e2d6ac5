import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';

const repository = path.join(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'myc-wf-failing-'));
const pidFile = path.join(folder, 'pid');

/** It makes Odoo's image for ever, and has no other. */
const docker = `#!/bin/sh
case "$*" in
  *odoo*) echo $$ >"${pidFile}"; exec sleep 600 ;;
  *) until [ -s "${pidFile}" ]; do sleep 0.1; done; echo refused >&2; exit 1 ;;
esac
`;

afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(path.join(repository, '.lab-failing'), { recursive: true, force: true });
});

test('a demo that fails says why in its one document, and ends at once with what it was making', () => {
  writeFileSync(path.join(folder, 'docker'), docker, { mode: 0o755 });
  const env = {
    ...process.env,
    PATH: `${folder}:${process.env['PATH']}`,
    XDG_CACHE_HOME: path.join(folder, 'cache'),
    MYC_WF_LAB: 'failing',
  };
  const argv = ['--import', 'tsx', 'test/demo/main.ts', '--json'];

  const began = Date.now();
  const ended = spawnSync(process.execPath, argv, { cwd: repository, env, encoding: 'utf8' });

  expect(Date.now() - began).toBeLessThan(50_000);
  expect(ended.status).toBe(1);
  expect(JSON.parse(ended.stdout)).toMatchObject({
    ok: false,
    error: expect.stringContaining('refused') as string,
  });
  expect(ended.stderr).toContain('npm run demo -- stop');
  expect(existsSync(`/proc/${readFileSync(pidFile, 'utf8').trim()}`)).toBe(false);
});
