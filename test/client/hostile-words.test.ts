import { describe, expect, test } from 'vitest';
import { record } from './recorder.js';

/** What could become a command, an option, another line or another place. */
const hostile = [
  ...[';reboot', 'a;b', '$(id)', '`id`', 'a|b', 'a&b', 'a>b', 'a b', "a'b", 'a"b', 'a\\b', 'a*', '{a,b}'],
  ...['a\nb', 'a\tb', 'a\u0000b', '..', '../a', 'a/../b', '-x', '--yes=no', '', 'é', 'ａ'],
];
/** A path may hold blanks and quotes, which reach no shell; not these. */
const hostilePaths = ['..', '/a/../b', 'a', '-a', '/a\nb', '/a\u0000b', '/a//b', '', '/./a'];

/** X stands for the word that is tried. */
const names = [
  ...[
    'start vps-setup X',
    'start vps-setup me@X',
    'start vps-setup X@vps1.lab',
    'start vps-setup vps1.lab:X',
  ],
  ...['start deploy X', 'start deploy vps1.lab X', 'start deploy vps1.lab --domain X'],
  ...['start up X', 'start up vps1.lab X', 'start up vps1.lab web X'],
  ...['start backup-install X vps1.lab', 'start backup-install X@b.lab vps1.lab'],
  ...['start backup-install a@X vps1.lab', 'start backup-install a@b.lab:X vps1.lab'],
  ...['start backup-install a@b.lab X', 'start backup-install a@b.lab vps1.lab --ident X', 'start backup X'],
  ...['start recover X vps1.lab', 'start recover a@b.lab#X vps1.lab', 'start recover X@b.lab#c.lab vps1.lab'],
  ...[
    'start recover a@X#c.lab vps1.lab',
    'start recover a@b.lab#c.lab X',
    'start recover a@b.lab#c.lab:X vps1.lab',
  ],
  ...['start recover a@b.lab#c.lab:web,X vps1.lab', 'start recover-target X /a /b'],
  ...['start action X odoo save', 'start action vps1.lab X save', 'start action vps1.lab odoo X'],
  ...['start deploy vps1.lab --parallel X', 'list --host X', 'list --limit X'],
  ...['compose X plan', 'compose vps1.lab plan X', 'list --operation X', 'list --status X', 'completion X'],
  ...[
    'compose X up',
    'compose vps1.lab up X',
    'compose X down',
    'compose vps1.lab stop X',
    'compose X run web',
  ],
  ...['compose X logs', 'compose vps1.lab logs X', 'compose vps1.lab logs --lines X', 'compose X ps'],
  ...[
    'compose vps1.lab ps X',
    'compose X config',
    'compose X ip',
    'compose vps1.lab ip X',
    'compose vps1.lab X',
  ],
  ...['st X', 'ip X', 'ip vps1.lab X', 'postgres ls X', 'cutoff status X', 'start cutoff X 25'],
  ...[
    'start cutoff vps1.lab X',
    'start cutoff vps1.lab 25 X --lift',
    'start update X',
    'start update vps1.lab X',
  ],
  ...['follow X', 'status X', 'answer X yes', 'answer vps1.lab X', 'cancel X', 'result X', 'ui X'],
  ...['follow host/X', 'cancel backup/X', 'schedule trigger X', 'schedule pause X', 'schedule resume X'],
];
const paths = [
  ...['start recover a@b.lab#c.lab:/X vps1.lab', 'start recover a@b.lab#c.lab:/a vps1.lab:X'],
  ...['start recover-target vps1.lab X /b', 'start recover-target vps1.lab /a X'],
];

/** Nothing is asked of Temporal, and no host is looked up: whatever is asked fails the test. */
const silent = new Proxy(
  {},
  { get: (_, call) => () => Promise.reject(new Error(`asked for ${String(call)}`)) },
);

const refused = (line: string, word: string) =>
  expect(
    record(
      line.split(' ').map((part) => part.replace('X', () => word)),
      { engine: silent },
    ),
    JSON.stringify([line, word]),
  ).rejects.toSatisfy((error: Error) => error.name === 'BadInput' || error.name === 'CommanderError');

describe('a hostile word in any place of any command is refused before anything is asked', () => {
  test.each(names)('%s', async (line) => {
    for (const word of hostile) await refused(line, word);
  });
  test.each(paths)('%s', async (line) => {
    // Behind the slash of the command line the plain word is right.
    for (const word of hostilePaths.filter((word) => !line.includes('/X') || /[./\n\0]/.test(word)))
      await refused(line, word);
  });
});
