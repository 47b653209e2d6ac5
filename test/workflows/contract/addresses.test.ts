import { describe, expect, it } from 'vitest';
import {
  backupTargetName,
  parseBackupSource,
  parseBackupTarget,
  parseHostAddress,
  parseRecoveryDestination,
} from '../../../workflows/contract/addresses.js';

describe("the seed's words", () => {
  it('reads [user@]host[:port]', () => {
    expect(parseHostAddress('root@vps1.lab:2222')).toEqual({ user: 'root', host: 'vps1.lab', port: 2222 });
    expect(parseHostAddress('vps1.lab')).toEqual({ host: 'vps1.lab' });
    expect(parseHostAddress('[2001:db8::1]:22')).toEqual({ host: '2001:db8::1', port: 22 });
  });
  it('takes port 10023 for a backup target that names none', () => {
    expect(backupTargetName(parseBackupTarget('myadmin@core-06.0k.io'))).toBe('core-06.0k.io:10023');
  });
  it('reads ADMIN@TARGET:PORT#IDENT', () => {
    expect(parseBackupSource('myadmin@backup.lab:10023#vps1.lab')).toEqual({
      target: { admin: 'myadmin', host: 'backup.lab', port: 10023 },
      ident: 'vps1.lab',
    });
  });
  it('reads a path and components after the ident', () => {
    expect(parseBackupSource('a@b.lab#mail.x.org:/mon/chemin').path).toBe('/mon/chemin');
    expect(parseBackupSource('a@b.lab#mail.x.org:mailcow,mysql').components).toEqual(['mailcow', 'mysql']);
  });
  it('reads VPS[:DEST]', () => {
    expect(parseRecoveryDestination('vps2.lab:/ma/dest')).toEqual({ host: 'vps2.lab', path: '/ma/dest' });
    expect(parseRecoveryDestination('vps2.lab')).toEqual({ host: 'vps2.lab' });
  });
});

describe('what cannot be right is refused with the form to write', () => {
  it.each([
    ['backup.lab', 'write ADMIN@TARGET[:PORT]#IDENT[:PATH or :COMPONENT,…]'],
    ['a@backup.lab#vps1.lab@2026', 'leave out "@…": the newest mirror is the only version kept'],
    [
      'a@backup.lab#vps1.lab:/srv/../etc',
      'use an absolute path without "..", such as /srv/datastore/data/odoo',
    ],
    ['a@backup.lab:99999#vps1.lab', 'use a number from 1 to 65535'],
    ['-oProxyCommand=x@backup.lab#vps1', 'use a Unix account name in lower case, at most 32 characters'],
    ['a@backup.lab#-x', "use the backed-up host's name, such as vps1.example.org"],
  ])('%s', (source, next) => {
    expect(() => parseBackupSource(source)).toThrow(next);
  });
});
