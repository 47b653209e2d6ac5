import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

/** What Odoo's `save` and `load` do inside a container, on data that Odoo filled with what it likes. */
const library = fileURLToPath(new URL('../../charms/odoo/lib', import.meta.url));
const stored = `ab/${'a'.repeat(40)}`;
let root: string;
let data: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'odoo-files-'));
  data = join(root, 'data');
  mkdirSync(join(data, 'filestore/shop/ab'), { recursive: true });
  writeFileSync(join(data, 'filestore/shop', stored), 'a file');
  mkdirSync(join(root, 'outside'));
  writeFileSync(join(root, 'outside/shadow'), 'secret');
});
afterEach(() => {
  expect(readdirSync(join(root, 'outside'))).toEqual(['shadow']);
  rmSync(root, { recursive: true });
});

/** The container's /data is a folder here; all else is as there. */
function python(script: string, words: readonly string[], input: Buffer | string = '') {
  const text = readFileSync(join(library, script), 'utf8').replaceAll('"/data', `"${data}`);
  const { status, stdout, stderr } = spawnSync('python3', ['-I', '-c', text, ...words], { input });
  return { status, stdout, stderr: stderr.toString() };
}
const names = (zip: string): string[] => {
  const list = 'import sys, zipfile; print("\\n".join(zipfile.ZipFile(sys.argv[1]).namelist()))';
  return spawnSync('python3', ['-c', list, zip], { encoding: 'utf8' }).stdout.trim().split('\n');
};
const save = (database: string): string => {
  const saved = python('archive.py', ['save', database], '{"odoo_dump": "1"}\nselect 1;\n');
  expect(saved).toMatchObject({ status: 0, stderr: '' });
  writeFileSync(join(root, `${database}.zip`), saved.stdout);
  return join(root, `${database}.zip`);
};

test('a zip holds the files of a database, and nothing that a link leads to', () => {
  const store = join(data, 'filestore');
  symlinkSync(join(root, 'outside/shadow'), join(store, 'shop/ab/link'));
  symlinkSync(join(root, 'outside'), join(store, 'shop/cd'));
  spawnSync('mkfifo', [join(store, 'shop/ab/pipe')]);
  symlinkSync(join(root, 'outside'), join(store, 'planted'));
  expect(names(save('shop'))).toEqual(['dump.sql', 'manifest.json', `filestore/${stored}`]);
  expect(names(save('planted'))).toEqual(['dump.sql', 'manifest.json']);
});

test('staged files take the place of a database’s, also when it is done again, and the stage goes', () => {
  const zip = save('shop');
  writeFileSync(join(data, 'filestore/shop', stored), 'changed since');
  const uid = String(process.getuid?.());
  expect(python('archive.py', ['filestore', zip, uid])).toMatchObject({ status: 0 });
  expect(python('filestore.py', ['names']).stdout.toString()).toBe(`${stored}\n`);
  for (let times = 0; times < 2; times += 1) {
    expect(python('filestore.py', ['swap', 'shop'])).toMatchObject({ status: 0 });
    expect(readFileSync(join(data, 'filestore/shop', stored), 'utf8')).toBe('a file');
  }
  writeFileSync(join(data, '.myc-held'), '');
  expect(python('filestore.py', ['clean'])).toMatchObject({ status: 0 });
  expect(readdirSync(data)).toEqual(['filestore']);
});

test('a stage, a mark or a place that is a link is removed, and what it leads to is not', () => {
  for (const name of ['.myc-load', '.myc-held', '.myc-load.zip'])
    symlinkSync(join(root, 'outside'), join(data, name));
  expect(python('filestore.py', ['clean'])).toMatchObject({ status: 0 });
  expect(readdirSync(data)).toEqual(['filestore']);
  mkdirSync(join(data, '.myc-load/filestore'), { recursive: true });
  symlinkSync(join(root, 'outside'), join(data, '.myc-load/old'));
  symlinkSync(join(root, 'outside'), join(data, 'filestore/planted'));
  expect(python('filestore.py', ['swap', 'planted'])).toMatchObject({ status: 0 });
  expect(existsSync(join(data, 'filestore/planted/shadow'))).toBe(false);
});

test.each(['../planted', 'a/b', '', '.', '/etc'])(
  'a name that is none of a database is refused: %j',
  (name) => {
    expect(python('filestore.py', ['swap', name])).toMatchObject({
      status: 1,
      stderr: 'error: this is no name of a database\n',
    });
  },
);
