import { describe, expect, test } from 'vitest';
import { squidConf } from './apt-cache.js';
import { aptConf, cachedArchive, debianMirror, withoutProxies } from './apt-settings.js';

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

  test('the cache stands before an archive that is spoken to in the clear, on the usual port', () => {
    const archiveOf = (mirror: string) => cachedArchive({ mirror, conf: '' });
    expect(archiveOf('http://mirror.example/debian')).toBe('mirror.example');
    expect(archiveOf('https://mirror.example/debian')).toBeUndefined();
    expect(archiveOf('http://mirror.example:3142/debian')).toBeUndefined();
    expect(archiveOf('http://10.0.0.1/debian')).toBeUndefined();
  });

  test('the machine’s proxy is the cache’s way out, and no host’s', () => {
    const conf = 'Acquire::Check-Date "false";\nAcquire::http::Proxy "http://me:pw@proxy.example:8080/";\n';
    expect(withoutProxies(conf)).toBe('Acquire::Check-Date "false";\n');
    const throughProxy = squidConf('mirror.example', conf);
    expect(throughProxy).toContain(
      'cache_peer proxy.example parent 8080 0 no-query default login=me:pw\nnever_direct allow all\n',
    );
    const direct = squidConf('mirror.example', '');
    expect(direct).toContain('always_direct allow all\n');
    expect(direct).toContain('http_access allow archive\nhttp_access deny all\n');
  });
});
