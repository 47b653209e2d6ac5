import { readFileSync } from 'node:fs';
import path from 'node:path';
import { repository } from '../lab/names.js';

/** The compose.yml that a charm's README shows first. */
export function readmeExample(charm: string): string {
  const text = readFileSync(path.join(repository, 'charms', charm, 'README.md'), 'utf8');
  return /```yaml\n([^]*?)```/.exec(text)?.[1] ?? '';
}
