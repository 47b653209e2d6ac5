import { describe, expect, test, vi } from 'vitest';
import { configSchema } from '../../client/config/schema.js';
import { labConfig } from './files.js';
import { runArguments } from './machine.js';
import { addressOf, hostName, userOf } from './names.js';

vi.hoisted(() => vi.stubEnv('MYC_WF_LAB', 'lab'));

describe('lab hosts', () => {
  test('a name has one address, and a name that has none is refused', () => {
    expect(addressOf('vps1.lab')).toBe('172.30.77.11');
    expect(addressOf('vps20.lab')).toBe('172.30.77.30');
    expect(addressOf('backup.lab')).toBe('172.30.77.5');
    expect(() => addressOf('web.lab')).toThrow(/web\.lab has no address/);
    expect(() => addressOf('vps0.lab')).toThrow(/no address/);
    expect(hostName('vps1')).toBe('vps1.lab');
    expect(() => hostName('../x')).toThrow(/no lab host name/);
  });

  test('a host is started without --privileged, at its own address, with a disk of its own for Docker', () => {
    const args = runArguments('one', 'vps1.lab', 'image', 1);
    expect(args).not.toContain('--privileged');
    expect(args[args.indexOf('--volume') + 1]).toBe('/var/lib/docker');
    expect(args.slice(args.indexOf('--ip'))[1]).toBe('172.30.77.11');
    expect(args[args.indexOf('--name') + 1]).toBe('one');
    expect(args.at(-1)).toBe('image');
  });

  test('the configuration written is one the project accepts', () => {
    const config = labConfig({ 'vps2.lab': 'ssh-ed25519 AAAA' }, 'ssh-ed25519 BBBB lab');
    const parsed = configSchema.parse(config);
    expect(parsed.hosts?.['vps2.lab']?.user).toBe(userOf('vps2.lab'));
    expect(parsed.hosts?.['vps2.lab']?.['host-keys']).toEqual(['ssh-ed25519 AAAA']);
  });
});
