import { describe, expect, test } from 'vitest';
import { aptConf, debianMirror } from './apt-settings.js';

describe('what a lab host takes over of the machine’s apt', () => {
  test('proxies and date checks pass, signature checks and paths do not', () => {
    const dump = [
      'APT "";',
      'Acquire::AllowInsecureRepositories "1";',
      'Acquire::Check-Date "false";',
      'Acquire::http::Proxy "http://cache.example:3142";',
      'Acquire::https::Proxy "";',
      'Dir::Etc "etc/apt";',
    ].join('\n');
    expect(aptConf(dump)).toBe(
      'Acquire::Check-Date "false";\nAcquire::http::Proxy "http://cache.example:3142";\n',
    );
  });

  test('the mirror is the machine’s own, or Debian’s', () => {
    expect(debianMirror('https://packages.example/x/\nhttp://mirror.example/debian/\n')).toBe(
      'http://mirror.example/debian',
    );
    expect(debianMirror('')).toBe('http://deb.debian.org/debian');
  });
});
