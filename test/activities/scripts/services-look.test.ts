import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const script = fileURLToPath(new URL('../../../activities/scripts/services-look.sh', import.meta.url));

test('the passwords that are masked are files of their folders, and nothing that a link leads to', () => {
  const root = mkdtempSync(join(tmpdir(), 'look-'));
  const data = join(root, 'data');
  const put = (path: string, text: string): string => {
    mkdirSync(join(data, path, '..'), { recursive: true });
    writeFileSync(join(data, path), text);
    return join(data, path);
  };
  const shadow = join(root, 'shadow');
  writeFileSync(shadow, 'root:secret');
  put('app/.compose/password/first', 'one');
  put('www.site.org/.compose/password/second', 'two');
  put('app/.compose/password/large', 'x'.repeat(1025));
  put('app/var/lib/.compose/password', 'a container’s');
  put('app/var/.compose/password/third', 'a container’s');
  symlinkSync(shadow, join(data, 'app/.compose/password/linked'));
  linkSync(shadow, join(data, 'app/.compose/password/hard'));
  mkdirSync(join(root, 'etc'));
  writeFileSync(join(root, 'etc/passwd'), 'root:x');
  for (const at of ['folder/.compose/password', 'parent/.compose', 'service']) {
    mkdirSync(join(data, at, '..'), { recursive: true });
    symlinkSync(at.endsWith('password') ? join(root, 'etc') : join(data, 'app'), join(data, at));
  }
  const text = readFileSync(script, 'utf8').replace('data=/srv/datastore/data', `data=${data}`);
  const { stdout, status } = spawnSync('bash', ['-s', 'plan'], { input: text, encoding: 'utf8' });
  rmSync(root, { recursive: true });
  const secrets = [...stdout.matchAll(/^secret (.*)$/gm)].map(([, encoded = '']) =>
    Buffer.from(encoded, 'base64').toString(),
  );
  expect([status, secrets]).toEqual([0, ['one', 'two']]);
});
