import { expect, test } from 'vitest';
import { BadInput } from '../../../workflows/contract/bad-input.js';
import { parseHostFile } from '../../../workflows/contract/host-files.js';

test.each(['/root/dump.zip', '/srv/dump.zip', '/srv/datastores/x', '/mnt/disk/x', '/tmp/x'])(
  '%s may be read and written by an action',
  (path) => expect(parseHostFile(path)).toBe(path),
);

test.each([
  ...['/srv/datastore', '/srv/datastore/', '/srv/datastore/data/odoo/x.zip', '/srv/datastore/config/cron/x'],
  ...['/srv/../srv/datastore/x', '/srv//datastore/x', 'root/x', '/root/\nx', '', undefined, 7],
])('%j is refused: a container may have put a link there, or it is no path', (path) => {
  expect(() => parseHostFile(path)).toThrow(BadInput);
});

test('the message says where else', () => {
  expect(() => parseHostFile('/srv/datastore/data/odoo/x.zip')).toThrow(
    '"/srv/datastore/data/odoo/x.zip" is in the datastore, where containers decide what a name leads to; ' +
      'name a file elsewhere, such as /root/dump.zip',
  );
});
