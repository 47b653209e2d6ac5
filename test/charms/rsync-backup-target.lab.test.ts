import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAptSettings } from '../lab/apt-settings.js';
import { ensureBaseImage } from '../lab/base-image.js';
import { imageName } from '../lab/names.js';
import { type Ran, docker, run } from '../lab/run.js';

const build = fileURLToPath(new URL('../../charms/rsync-backup-target/build', import.meta.url));
const image = imageName('rsync-backup-target:test');
const name = `myc-wf-rsync-backup-target-${process.pid}`;
const inside = (command: string): Promise<Ran> =>
  run(['docker', 'exec', name, 'bash', '-c', command], { allowFailure: true });
const ssh = (key: string): string =>
  `ssh -o LogLevel=ERROR -i /keys/${key} -o BatchMode=yes -o StrictHostKeyChecking=accept-new -o ConnectionAttempts=5`;
const admin = (words: string): Promise<Ran> => inside(`${ssh('admin')} myadmin@127.0.0.1 ${words}`);
const publicKey = async (key: string): Promise<string> =>
  (await inside(`cut -d' ' -f1,2 /keys/${key}.pub`)).stdout.trim();
const rsync = (key: string, words: string): Promise<Ran> =>
  inside(`rsync -a --timeout=20 -e '${ssh(key)}' ${words}`);

let first: string;
let second: string;

async function account(verb: string, ident: string, key: string): Promise<string> {
  const { code, stdout, stderr } = await admin(`${verb} ${ident} ${await publicKey(key)}`);
  expect([code, stderr]).toEqual([0, '']);
  return `${(JSON.parse(stdout) as { user: string }).user}@127.0.0.1`;
}

beforeAll(async () => {
  const base = await ensureBaseImage(await readAptSettings(), () => undefined);
  const context = mkdtempSync(join(tmpdir(), 'target-'));
  cpSync(build, context, { recursive: true });
  const dockerfile = readFileSync(join(build, 'Dockerfile'), 'utf8');
  // The lab's own image of trixie stands in where debian:trixie-slim cannot be pulled.
  writeFileSync(join(context, 'Dockerfile'), dockerfile.replace('debian:trixie-slim', base));
  await docker(['build', '--network', 'host', '--tag', image, context]);
  const waiting =
    'until [ -f /etc/rsync-backup-target/admins.json ]; do sleep 0.1; done; exec /usr/local/sbin/entrypoint';
  await docker(['run', '--detach', '--init', '--name', name, '--entrypoint', 'bash', image, '-c', waiting]);
  await inside(
    'mkdir -p /keys /etc/rsync-backup-target; for k in admin push1 push2 read1 read2; do ssh-keygen -q -t ed25519 -N "" -C "" -f /keys/$k; done; ' +
      'jq -n --arg k "$(cat /keys/admin.pub)" \'{myadmin: [$k]}\' >/admins && mv /admins /etc/rsync-backup-target/admins.json; ' +
      'until (exec 3<>/dev/tcp/127.0.0.1/22) 2>/dev/null; do sleep 0.1; done',
  );
  first = await account('ssh-key add', 'vps1.lab', 'push1');
  second = await account('ssh-key add', 'vps2.lab', 'push2');
  await account('request-recovery-key', 'vps1.lab', 'read1');
  await account('request-recovery-key', 'vps2.lab', 'read2');
  await inside('mkdir -p /src/a && echo hello >/src/a/x && ln -s /etc/shadow /src/a/link');
}, 600_000);

afterAll(async () => {
  await run(['docker', 'rm', '--force', '--volumes', name], { allowFailure: true });
});

describe('the backup server', () => {
  it('takes a mirror with the push key and gives it back with the recovery key', async () => {
    expect((await rsync('push1', `-M--fake-super /src/ ${first}:/`)).code).toBe(0);
    expect((await rsync('read1', `-M--fake-super ${first}:/ /back/`)).code).toBe(0);
    expect((await inside('diff -r --no-dereference /src /back')).code).toBe(0);
    const inspected = JSON.parse((await admin('inspect vps1.lab')).stdout) as unknown;
    expect(inspected).toMatchObject({ ident: 'vps1.lab', files: 2, manifest: null });
  });

  it('lets a push key only write, a recovery key only read, and neither run anything', async () => {
    expect((await rsync('push1', `${first}:/ /no/`)).stderr).toContain('write-only');
    expect((await rsync('read1', `/src/ ${first}:/`)).stderr).toContain('read-only');
    expect((await inside(`${ssh('push1')} ${first} id`)).stdout).toBe('');
    expect((await inside(`${ssh('admin')} myadmin@127.0.0.1 'ssh-key ls; id'`)).stdout).not.toContain('uid=');
  });

  it('keeps one account out of another: its login, .., absolute names and planted links', async () => {
    expect((await rsync('push2', `/src/ ${first}:/`)).code).not.toBe(0);
    expect((await rsync('read2', `${second}:/../../vps1.lab/current/ /stolen/`)).code).not.toBe(0);
    expect((await rsync('read2', `${second}:/var/mirror/vps1.lab/current/ /stolen/`)).code).not.toBe(0);
    await inside('mkdir -p /evil && ln -sfn /var/mirror/vps1.lab/current /evil/other');
    await rsync('push2', `/evil/ ${second}:/`);
    expect((await rsync('read2', `${second}:/other/ /stolen/`)).code).not.toBe(0);
    expect((await rsync('push2', `/src/a/x ${second}:/other/planted`)).code).not.toBe(0);
    expect((await inside('ls /stolen/a /var/mirror/vps1.lab/current/planted')).stdout).toBe('');
  });

  it.each([
    ['ssh-key add ../x ssh-ed25519 AAAA', 2],
    ['ssh-key add vps3.lab ssh-ed25519 AAAA', 2],
    ['ssh-key rm nobody.lab ssh-ed25519 AAAA', 3],
    ['inspect nobody.lab', 3],
    ['inspect -x', 2],
    ['bash', 2],
  ])('refuses an admin who writes %j', async (words, code) => {
    expect((await admin(`'${words}'`)).code).toBe(code);
  });

  it('refuses a key that already belongs to another ident', async () => {
    const refused = await admin(`ssh-key add vps2.lab ${await publicKey('push1')}`);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toContain('already belongs to vps1.lab');
  });

  it('after a restart has the same accounts, without the key that was withdrawn and the one that expired', async () => {
    await account('ssh-key rm', 'vps2.lab', 'push2');
    expect((await rsync('push2', `/src/ ${second}:/`)).stderr).toContain('Permission denied');
    await inside("sed -i 's/^[0-9]*Z/200001010000Z/' /var/lib/rsync-backup-target/idents/vps2.lab/read");
    await docker(['restart', name]);
    await inside('until (exec 3<>/dev/tcp/127.0.0.1/22) 2>/dev/null; do sleep 0.1; done');
    expect((await rsync('read2', `${second}:/ /late/`)).stderr).toContain('Permission denied');
    expect((await rsync('push2', `/src/ ${second}:/`)).stderr).toContain('Permission denied');
    expect((await rsync('push1', `-M--fake-super /src/ ${first}:/`)).code).toBe(0);
  });
});
