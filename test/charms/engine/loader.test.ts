import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Charm } from '../../../charms/engine/charm.js';
import { loadCharms } from '../../../charms/engine/loader.js';
import { planWith } from './house.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'charms-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function hook(charm: string, name: string, mode = 0o755): string {
  const file = join(folder, charm, 'hooks', name);
  mkdirSync(join(folder, charm, 'hooks'), { recursive: true });
  writeFileSync(join(folder, charm, 'metadata.yml'), 'type: stub\n');
  writeFileSync(file, '#!/bin/bash\n');
  chmodSync(file, mode);
  return file;
}
const loaded = (name: string): Charm => {
  const found = loadCharms(folder, 'house').find((charm) => charm.name === name);
  if (found === undefined) throw new Error(`no charm ${name}`);
  return found;
};

describe('the files of a charm', () => {
  it('may be links to those of another one', () => {
    hook('one', 'init');
    hook('two', 'pre_deploy');
    symlinkSync('../../one/hooks/init', join(folder, 'two/hooks/init'));
    symlinkSync('../../one/hooks/gone', join(folder, 'two/hooks/post_deploy'));
    symlinkSync('..', join(folder, 'two/up'));
    expect(loaded('two').hooks).toEqual(['init', 'pre_deploy']);
  });

  it('are warned of where one that its container is to have is not there', () => {
    hook('one', 'init');
    mkdirSync(join(folder, 'one/resources/etc/site'), { recursive: true });
    writeFileSync(
      join(folder, 'one/metadata.yml'),
      'docker-image: a\ncharm-resources: [/etc/site, /bin/check]\n',
    );
    expect(planWith(loadCharms(folder, 'house'), 'one:\n').warnings).toEqual([
      'charm one: charm-resources has /bin/check, and there is no resources/bin/check',
    ]);
  });

  it('are warned of where a hook is never run, or cannot be', () => {
    for (const name of ['pre-deploy', 'web-proxy-relation-joined', 'init.sh', 'smtp_server-relation-joined'])
      hook('one', name);
    hook('one', 'init', 0o644);
    expect(planWith(loadCharms(folder, 'house'), 'one:\n').warnings).toEqual([
      'charm one: hooks/init cannot run, chmod +x it',
      'charm one: hooks/pre-deploy never runs, call it pre_deploy',
      'charm one: hooks/web-proxy-relation-joined never runs, call it web_proxy-relation-joined',
    ]);
  });
});
