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

/** It fails, and for that reason. */
async function refused(key: string, words: string, why: string): Promise<void> {
  const { code, stderr } = await rsync(key, words);
  expect(code).not.toBe(0);
  expect(stderr).toContain(why);
}

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
    const shell = await inside(`${ssh('push1')} ${first} id`);
    expect(shell).toMatchObject({ code: 1, stdout: '' });
    expect(shell.stderr).toContain('SSH_ORIGINAL_COMMAND does not run rsync');
    const twoCommands = await inside(`${ssh('admin')} myadmin@127.0.0.1 'ssh-key ls; id'`);
    expect(twoCommands).toMatchObject({ code: 2, stdout: '' });
    expect(twoCommands.stderr).toContain('write ssh-key add|rm|ls');
  });

  it('keeps one account out of another: its login, .., absolute names and planted links', async () => {
    const theirs = '/var/mirror/vps1.lab/current';
    const own = '/var/mirror/vps2.lab/current';
    await refused('push2', `/src/ ${first}:/`, 'Permission denied (publickey');
    await refused('read2', `${second}:/../../vps1.lab/current/ /stolen/`, 'do not use .. in');
    // An absolute name is one below the account's own mirror: the folder of that name outside it is there.
    await refused('read2', `${second}:${theirs}/ /stolen/`, 'No such file or directory');

    expect((await inside(`ls -d ${theirs}`)).code).toBe(0);

    await inside(`mkdir -p /evil && ln -sfn ${theirs} /evil/other`);
    expect(await rsync('push2', `/evil/ ${second}:/`)).toMatchObject({ code: 0 });
    expect((await inside(`readlink ${own}/other`)).stdout).toBe(`${theirs}\n`);
    await refused('read2', `${second}:/other/ /stolen/`, 'unsafe arg');
    await refused('push2', `/src/a/x ${second}:/other/planted`, 'unsafe arg');

    expect((await inside('find /stolen -type f')).stdout).toBe('');
    expect((await inside(`find ${theirs} -name planted`)).stdout).toBe('');
  });

  it.each([
    ['ssh-key add ../x ssh-ed25519 AAAA', 2, 'this is no ident'],
    ['ssh-key add vps3.lab ssh-ed25519 AAAA', 2, 'this is no public key'],
    ['ssh-key rm nobody.lab ssh-ed25519 AAAA', 3, 'no mirror is kept for nobody.lab'],
    ['inspect nobody.lab', 3, 'no mirror is kept for nobody.lab'],
    ['inspect -x', 2, 'this is no ident'],
    ['bash', 2, 'write ssh-key add|rm|ls'],
  ])('refuses an admin who writes %j', async (words, code, why) => {
    const ran = await admin(`'${words}'`);
    expect(ran).toMatchObject({ code, stdout: '' });
    expect(ran.stderr).toContain(why);
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
