import { describe, expect, test } from 'vitest';
import { maskedIn } from '../../../activities/commands/known-secrets.js';
import { charmsUnreachable } from '../../../activities/failures.js';
import { parseConfig } from '../../../client/config/parse.js';
import { CommandError } from '../../../client/errors.js';
import { withoutLogins } from '../../../workflows/contract/secret-addresses.js';

function refusal(text: string): string {
  try {
    parseConfig(text, 'config.yml');
  } catch (error) {
    if (error instanceof CommandError) return `${error.message}\n  ${error.next ?? ''}`;
    throw error;
  }
  throw new Error('accepted');
}

const token = 'ghp-canary-0123456789';
const apt = (uri: string): string =>
  `apt-repositories:\n  house:\n    uris:\n      - ${uri}\n    suites: [stable]\n    signed-by-file: key.asc\n`;
const git = (url: string): string => `charm-repositories:\n  - name: a\n    revision: v1\n    git: ${url}\n`;

describe('an address with a login is refused where it stands, and not shown', () => {
  test.each([
    [
      'a token of git',
      git(`https://${token}@git.lab/x`),
      '4:10',
      'git of a holds a password',
      'identity-file:',
    ],
    ['in capitals', git(`HTTPS://${token}@git.lab/x`), '4:10', 'git of a holds a password', 'over ssh://'],
    ['a user and a token', git(`https://me:${token}@git.lab/x`), '4:10', 'git of a holds', 'over ssh://'],
    ['an empty user', git(`https://:${token}@git.lab/x`), '4:10', 'git of a holds', 'over ssh://'],
    ['ssh with a password', git(`ssh://git:${token}@git.lab/x`), '4:10', 'git of a holds', 'over ssh://'],
    ['as scp writes it', git(`git:${token}@git.lab:x`), '4:10', 'git of a holds', 'over ssh://'],
    ['as a parameter', git(`https://git.lab/x?private_token=${token}`), '4:10', 'git of a holds', 'ssh://'],
    ['of http', git(`http://${token}@git.lab/x`), '4:10', 'git of a holds', 'over ssh://'],
    ['of apt', apt(`https://${token}@deb.lab/debian`), '4:9', 'uris holds a login', '/etc/apt/auth.conf.d'],
    ['of apt, second', apt(`https://me:${token}@deb.lab/`), '4:9', 'uris holds a login', 'leave it out'],
    ['of apt, a key', apt(`https://deb.lab/?apikey=${token}`), '4:9', 'uris holds a login', 'leave it out'],
    [
      'of a mirror',
      `registry-mirrors:\n  - https://me:${token}@mirror.lab\n`,
      '2:5',
      'registry-mirrors holds a login',
      'password-file:',
    ],
    [
      'in a registry name',
      `registries:\n  "https://me:${token}@reg.lab":\n    username: me\n    password-file: p\n`,
      '2:3',
      'a key under registries holds a login',
      'host[:port] alone',
    ],
    [
      'of Temporal',
      `temporal:\n  address: me:${token}@temporal.lab:7233\n`,
      '2:12',
      'address holds a login',
      '',
    ],
  ])('%s', (_, text, place, what, next) => {
    const said = refusal(text);
    expect(said).toContain(`config.yml:${place}: ${what}`);
    expect(said).toContain(next);
    expect(said).not.toContain('canary');
    expect(said).toContain('***');
  });

  test('also when the line is shown for another fault', () => {
    for (const text of [
      `charm-repositories:\n  - {name: a, git: "https://${token}@git.lab/x", revison: v1}\n`,
      `charm-repositories: [{git: "https://${token}@git.lab/x", {]\n`,
      `hosts:\n  vps1.lab:\n    address: https://${token}@vps1.lab\n`,
      `hosts:\n  https://${token}@vps1.lab: {}\n`,
      `backup-targets:\n  me:${token}@backup.lab:10023: {}\n`,
    ])
      expect(refusal(text)).not.toContain('canary');
  });
});

test.each([
  ['a user of ssh', git('ssh://git@git.lab:2222/x')],
  ['a user, as scp writes it', git('git@git.lab:x/y')],
  ['a place on this machine', git('/srv/git/a@b/x.git')],
  ['plain addresses', apt('https://deb.lab:8443/debian?arch=amd64')],
  ['a comment of a key', 'ssh-access:\n  public-keys:\n    - ssh-ed25519 AAAA me:x@https://a:b@c\n'],
  ['a target', 'backup-targets:\n  "backup.lab:10023": {admin: me}\n'],
])('%s is none', (_, text) => {
  expect(() => parseConfig(text, 'config.yml')).not.toThrow();
});

test('a login that comes from elsewhere is masked: errors of git, of docker, lines of a log', () => {
  const said = `fatal: unable to access 'https://me:${token}@git.lab/x/?private_token=${token}&a=b': 403`;
  const failure = charmsUnreachable('a', `https://${token}@git.lab`, said);
  expect(failure.message).not.toContain('canary');
  expect(failure.message).toContain("unable to access 'https://***@git.lab/x/?private_token=***&a=b': 403");
  expect(maskedIn({ a: `postgres://shop:${token}@db:5432/shop` }, [])).toEqual({
    a: 'postgres://***@db:5432/shop',
  });
  const plain =
    'postgres:17@sha256:ab ssh://git@git.lab/x me@vps1.lab:22 https://a.lab/@me?author=x&page=2 12:30';
  expect(withoutLogins(plain)).toBe(plain);
});
