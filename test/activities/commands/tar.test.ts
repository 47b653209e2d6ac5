import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type TarEntry, tarOf } from '../../../activities/commands/tar.js';

const deep = `${'d'.repeat(60)}/${'e'.repeat(60)}/${'f'.repeat(90)}`;
const entries: TarEntry[] = [
  { path: 'folder', mode: 0o755 },
  { path: 'folder/hook', mode: 0o755, content: Buffer.from('#!/bin/sh\n') },
  { path: 'folder/empty', mode: 0o644, content: Buffer.alloc(0) },
  { path: 'folder/exact', mode: 0o644, content: Buffer.alloc(512, 'x') },
  { path: 'folder/écrit 漢', mode: 0o644, content: Buffer.from('é') },
  { path: 'folder/link', mode: 0o777, link: 'hook' },
  { path: deep, mode: 0o644, content: Buffer.from('deep') },
];

test('tar itself unpacks what was packed, with modes, links and long names', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tar-'));
  execFileSync('tar', ['-xf', '-', '-C', folder], { input: tarOf(entries) });
  for (const { path, mode, content, link } of entries) {
    const found = lstatSync(join(folder, path));
    if (link !== undefined) expect(readlinkSync(join(folder, path))).toBe(link);
    else expect(found.mode & 0o777).toBe(mode);
    if (content !== undefined) expect(readFileSync(join(folder, path))).toEqual(content);
    else if (link === undefined) expect(found.isDirectory()).toBe(true);
  }
  rmSync(folder, { recursive: true });
});

test('the same entries are the same bytes', () => {
  expect(tarOf(entries).equals(tarOf(entries))).toBe(true);
});

test('a name that fits no header is refused', () => {
  expect(() => tarOf([{ path: 'x'.repeat(101), mode: 0o644, content: Buffer.alloc(0) }])).toThrow(/shorten/);
});
