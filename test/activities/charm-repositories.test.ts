import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCharmRepositories } from '../../activities/charm-repositories.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'charms-'));
  mkdirSync(join(folder, 'house/hooks'), { recursive: true });
  mkdirSync(join(folder, '.git'));
  writeFileSync(join(folder, '.git/HEAD'), 'ref: x\n');
  writeFileSync(join(folder, 'house/metadata.yml'), 'docker-image: httpd:2.4\n');
  writeFileSync(join(folder, 'house/hooks/init'), '#!/bin/sh\n', { mode: 0o755 });
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = () => readCharmRepositories([{ name: 'ours', path: folder }]);
const digest = () => read()[0]?.digest;
const listed = (archive: Buffer) =>
  execFileSync('tar', ['-tzf', '-'], { input: archive, encoding: 'utf8' }).split('\n').filter(Boolean).sort();

describe('charm repositories', () => {
  it('come in the order they are configured, the one of myc-wf last', () => {
    expect(read().map(({ name }) => name)).toEqual(['ours', 'myc']);
    expect(readCharmRepositories().map(({ name }) => name)).toEqual(['myc']);
  });

  it('are packed whole, without git and without the engine', () => {
    expect(listed(read()[0]!.archive())).toEqual(
      ['house/', 'house/hooks/', 'house/hooks/init', 'house/metadata.yml'].sort(),
    );
    const own = listed(readCharmRepositories()[0]!.archive());
    expect(own).toContain('lib/run-hook.sh');
    expect(own).toContain('postgres/hooks/init');
    expect(own.filter((path) => path.startsWith('engine'))).toEqual([]);
  });

  it('have a digest that changes with content, name and executable bit, and with nothing else', () => {
    const before = digest();
    writeFileSync(join(folder, '.git/HEAD'), 'ref: y\n');
    expect(digest()).toBe(before);
    chmodSync(join(folder, 'house/hooks/init'), 0o644);
    const notExecutable = digest();
    expect(notExecutable).not.toBe(before);
    writeFileSync(join(folder, 'house/hooks/init'), '#!/bin/bash\n');
    expect(digest()).not.toBe(notExecutable);
  });

  it('refuse a name twice, a name that is no folder, a missing folder and a link that leads out', () => {
    const twice = { name: 'myc', path: folder };
    expect(() => readCharmRepositories([twice])).toThrow(/two charm repositories have the name "myc"/);
    expect(() => readCharmRepositories([{ name: '../x', path: folder }])).toThrow(/not the name/);
    expect(() => readCharmRepositories([{ name: 'x', path: `${folder}/none` }])).toThrow(/is not at/);
    symlinkSync('hooks/init', join(folder, 'house/inside'));
    expect(listed(read()[0]!.archive())).toContain('house/inside');
    symlinkSync('../../etc/passwd', join(folder, 'house/outside'));
    expect(() => read()).toThrow(/points out of its charm repository/);
    expect(readdirSync(folder)).toContain('house');
  });
});
