import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SshRemote } from '../../activities/adapters/remote/ssh.js';
import { sshRemote } from '../../activities/adapters/remote/ssh.js';
import { converge } from '../../activities/converge.js';
import type { HeartbeatDetail } from '../../workflows/contract/progress.js';
import { type Lab, type LabHost, openLab } from '../lab/lab.js';

/** A host of this file's own, whose packages are damaged. */
const name = 'vps79.lab';
let lab: Lab;
let host: LabHost;
let remote: SshRemote;
let operation = 0;

beforeAll(async () => {
  lab = await openLab({ hosts: 1 });
  host = await lab.fresh(name);
  const { address, port, user, hostKey } = host;
  remote = sshRemote({ name, address, port, user, identityFile: lab.identityFile, hostKeys: [hostKey] });
  await install('jq');
}, 300_000);
afterAll(async () => {
  remote.close();
  await lab.destroy(name);
});

const shell = async (command: string) => (await host.exec(['bash', '-c', command])).trim();
const seen: HeartbeatDetail[] = [];
const install = (...packages: string[]) =>
  converge(
    { remote, onProgress: (detail) => seen.push(detail), signal: new AbortController().signal },
    {
      operationId: `20261123T031500Z-${String((operation += 1)).padStart(6, '0')}`,
      ...{ host: name, step: 'packages', dryRun: false },
    },
    { files: [], lines: [], packages },
  );
/** Every package is whole, jq and rsync among them. */
const whole = async () => {
  expect(await shell('dpkg --audit')).toBe('');
  expect(await shell("dpkg-query -W -f '${db:Status-Status} ' jq rsync")).toBe('installed installed');
};
const again = async () => {
  await install('jq', 'rsync');
  await whole();
};

/** A package whose new version has another conffile than the one that a person edited; dpkg would ask. */
const conffile = `set -e; cd "$(mktemp -d)"
for version in 1 2; do
  mkdir -p p/DEBIAN p/etc; echo "version $version" >p/etc/asking.conf; echo /etc/asking.conf >p/DEBIAN/conffiles
  printf 'Package: asking\\nVersion: %s\\nArchitecture: all\\nMaintainer: a <a@lab>\\nDescription: a\\n' "$version" >p/DEBIAN/control
  dpkg-deb -b p "$version.deb" >/dev/null
done
dpkg -i 1.deb >/dev/null; echo 'edited by a person' >/etc/asking.conf; dpkg --unpack 2.deb >/dev/null`;

const state = (of: string, is: string) =>
  shell(`sed -i '/^Package: ${of}$/,/^$/s/^Status: .*/Status: install ${is}/' /var/lib/dpkg/status`);
const without = (of: string) => shell(`dpkg --purge --force-depends ${of} >/dev/null 2>&1; true`);

test.each<[string, () => Promise<unknown>]>([
  ['with a conffile that dpkg would ask about', () => shell(conffile)],
  ['half configured', () => state('jq', 'ok half-configured')],
  ['only unpacked', () => state('jq', 'ok unpacked')],
  ['half installed, to be installed again', () => state('jq', 'reinstreq half-installed')],
  [
    'whose other package is half installed',
    async () => (await without('rsync'), state('jq', 'reinstreq half-installed')),
  ],
  [
    'with an archive that is cut off',
    async () => {
      await without('rsync');
      await shell(
        'apt-get install -qq --download-only -y rsync >/dev/null 2>&1; truncate -s 5000 /var/cache/apt/archives/rsync_*.deb',
      );
    },
  ],
  [
    'with lists that are damaged',
    async () => {
      await without('rsync');
      await shell(
        'for f in /var/lib/apt/lists/*Packages*; do head -c 4096 /dev/urandom >"$f"; done; rm -f /var/cache/apt/*.bin',
      );
    },
  ],
  [
    'whose list of packages is empty',
    async () => {
      await without('rsync');
      await shell('cp /var/lib/dpkg/status /var/lib/dpkg/status-old; : >/var/lib/dpkg/status');
    },
  ],
  [
    'with what dpkg had begun to write',
    async () => {
      await without('rsync');
      await shell(
        'dpkg-query -s jq | sed "s/^Status: .*/Status: install ok half-configured/" >/var/lib/dpkg/updates/0000; echo >>/var/lib/dpkg/updates/0000',
      );
    },
  ],
])('a host %s is whole after the next operation', { timeout: 180_000 }, async (_, damage) => {
  await damage();
  await again();
  expect(await shell('cat /etc/asking.conf')).toBe('edited by a person');
});

test('somebody else who installs is waited for, by name', async () => {
  await without('rsync');
  const holding =
    'perl -MFcntl -e \'open(my $f, ">>", "/var/lib/dpkg/lock-frontend"); my $l = pack("s s x4 q q l", F_WRLCK, 0, 0, 0, 0); fcntl($f, F_SETLK, $l) or die; sleep 8\'';
  await shell(`nohup ${holding} >/dev/null 2>&1 & sleep 0.5`);
  await again();
  expect(seen.map(({ phase }) => phase)).toContainEqual(
    expect.stringMatching(/^waiting for apt \(.*process.*\), for \d+ s$/),
  );
});
