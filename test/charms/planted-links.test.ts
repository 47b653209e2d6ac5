import {
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { everyHook } from './every-hook.js';

/**
 * Each path that a hook of any charm makes is exchanged, one after the other, for a link that leads out of the datastore, as a
 * container or a backup could leave it. Whatever the hook does then, nothing outside changes. A new charm is tested by its folder.
 */
const root = mkdtempSync(join(tmpdir(), 'planted-'));
const all = everyHook(root);
const [whole, outside] = [join(root, 'whole'), join(root, 'outside')];
/** What each hook was the first to make, below the datastore. */
const made = new Map<string, string[]>();
const title = ({ service, id }: (typeof all.hooks)[number]): string => `${service} ${id}`;

beforeAll(() => {
  mkdirSync(all.datastore);
  let before = new Set<string>();
  for (const hook of all.hooks) {
    const { status, stderr } = all.run(hook);
    expect([status, stderr.match(/^error.*$/m)?.[0]], title(hook)).toEqual([0, undefined]);
    const now = pathsOf(all.datastore);
    made.set(
      title(hook),
      now.filter((path) => !before.has(path)),
    );
    before = new Set(now);
  }
  copy(all.datastore, whole);
  return () => rmSync(root, { recursive: true });
}, 120_000);

test('the hooks were tried on what they make', () => {
  expect([...made.values()].flat()).toEqual(
    expect.arrayContaining([
      'config/redis/etc/redis/redis.conf',
      'config/apache/sites/www.site.org.conf',
      'config/cron/schedules/www.site.org.json',
      'config/logrotate/etc/logrotate.d/www.site.org',
      'config/www.mydomain.org/etc/odoo/odoo.conf',
      'data/letsencrypt/etc/letsencrypt/live/www.mydomain.org/cert.pem',
      'data/postgres/.compose/password/postgres-root',
      'data/www.mydomain.org/var/lib/odoo/filestore',
    ]),
  );
});

describe('nothing outside changes, whatever of its own is a link', () => {
  test.each(all.hooks.map((hook) => [title(hook), hook] as const))(
    'for the hook %s',
    (name, hook) => {
      const paths = made.get(name) ?? [];
      const files = paths.filter((path) => !lstatSync(join(whole, path)).isDirectory());
      const tries = [files, ...paths.filter((path) => !files.includes(path)).map((path) => [path])];
      for (const planted of tries) {
        const targets = plant(planted);
        const before = contentOf(outside);
        const { status, stderr } = all.run(hook);
        expect(contentOf(outside), planted.join(' ')).toEqual(before);
        // It goes on without the links, or it says which one is in the way; then the others are tried by themselves.
        if (status === 0) continue;
        const said = targets.map(([at, target]) => `${at} is a link to ${target}`);
        expect(
          said.some((line) => stderr.includes(line)),
          `${planted.join(' ')}: ${stderr}`,
        ).toBe(true);
        if (planted.length > 1) tries.push(...planted.map((path) => [path]));
      }
    },
    120_000,
  );
});

/** A tree as the hooks left it, but for links in the place of these paths; what they lead to is outside. */
function plant(paths: readonly string[]): [string, string][] {
  for (const old of [all.datastore, outside]) rmSync(old, { recursive: true, force: true });
  copy(whole, all.datastore);
  mkdirSync(outside);
  return paths.map((path, index) => {
    const at = join(all.datastore, path);
    const target = join(outside, `${index}.${basename(at)}`);
    const isFolder = lstatSync(at).isDirectory();
    if (isFolder) copy(at, target);
    else writeFileSync(target, 'the host’s own\n', { mode: 0o640 });
    rmSync(at, { recursive: true });
    symlinkSync(target, at);
    // The names by which files are commonly prepared.
    const beside = [`${at}.new`, join(dirname(at), '.new'), join(dirname(at), `.${basename(at)}.new`)];
    for (const other of isFolder ? [] : beside) if (!isThere(other)) symlinkSync(target, other);
    return [at, target];
  });
}

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
const copy = (from: string, to: string): void =>
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });

function pathsOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

/** All that root could have changed there. */
function contentOf(folder: string): unknown[] {
  return pathsOf(folder).map((path) => {
    const { mode, uid, gid, mtimeMs, nlink } = lstatSync(join(folder, path));
    const isFile = lstatSync(join(folder, path)).isFile();
    return [path, mode, uid, gid, mtimeMs, nlink, isFile ? readFileSync(join(folder, path), 'utf8') : ''];
  });
}
