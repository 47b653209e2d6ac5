import { describe, expect, test } from 'vitest';
import { loginsOf } from '../../activities/logins.js';
import { targetOf } from '../../activities/backup-client.js';
import { openHosts } from '../../client/hosts.js';
import { mergeConfig } from '../../client/config/load.js';
import type { Config } from '../../client/config/schema.js';
import { ownValue } from '../../workflows/contract/own-value.js';
import { record } from './recorder.js';

/** What every plain object answers, whoever made it. */
const inherited = ['constructor', 'toString', 'valueOf', 'hasOwnProperty', '__proto__', '__defineGetter__'];
/** Those that are host names, in lower case. */
const names = ['constructor', 'constructor.lab'];

describe('a host that nobody configured, called as what every object has', () => {
  test.each(names)('%s is not in the inventory, and nothing is started', async (name) => {
    const config: Config = { hosts: {}, 'backup-targets': {} };
    const lines = ['start deploy X', 'start up X', 'start update X', 'start action X web save', 'st X'];
    for (const line of lines) {
      const words = line.split(' ').map((word) => word.replace('X', name));
      await expect(record(words, { config }), line).rejects.toThrow(`${name} is not in the inventory`);
    }
  });

  test.each(names)('%s is no host and no target of the worker', async (name) => {
    const logins = loginsOf(
      () => Promise.resolve({ hosts: {}, 'backup-targets': {} }),
      () => Promise.resolve({ id: '-', name: '-' }),
    );
    await expect(logins.host(name)).rejects.toThrow(`has no host ${name}`);
    await expect(logins.backupTarget(name, 'admin')).rejects.toThrow(`has no backup target ${name}`);
    expect(() => targetOf({ 'backup-targets': {} }, name)).toThrow('is not known yet');
    const hosts = await openHosts({ config: { hosts: {} }, files: [], writeTo: '/nowhere/config.yml' });
    await expect(hosts.host(name)).rejects.toThrow(`${name} is not in the inventory`);
    await hosts.close();
  });
});

test.each(inherited)('ownValue has nothing under %s, and what was put there', (word) => {
  expect(ownValue({}, word)).toBeUndefined();
  expect(ownValue(undefined, word)).toBeUndefined();
  expect(ownValue(Object.fromEntries([[word, 'own']]), word)).toBe('own');
});

test('two configurations are merged key by key, whatever a key is called', () => {
  const one = JSON.parse('{"hosts":{"constructor":{"port":1},"__proto__":{"port":2}}}') as Config;
  const two = JSON.parse('{"hosts":{"constructor":{"user":"a"},"__proto__":{"user":"b"}}}') as Config;
  const { hosts } = mergeConfig(one, two);
  expect(Object.entries(hosts ?? {})).toEqual([
    ['constructor', { port: 1, user: 'a' }],
    ['__proto__', { port: 2, user: 'b' }],
  ]);
  expect(({} as { port?: number }).port).toBeUndefined();
});
