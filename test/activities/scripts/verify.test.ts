import { createHash } from 'node:crypto';
import { chmod, link, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from '../../lab/run.js';

const script = fileURLToPath(new URL('../../../activities/scripts/verify.sh', import.meta.url));
const record = 'var/lib/myc-wf/backup/files.sha256';
const host = ['/opt/apps/myc-deploy', '/srv/datastore'];
const data = 'srv/datastore/data';
const config = 'srv/datastore/config';

let folder: string;
const staged = (name: string) => path.join(folder, 'stage', name);
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'myc-verify-'));
  await put('opt/apps/myc-deploy/compose.yml', 'odoo:\n');
  await put(`${data}/odoo/var/lib/odoo/file`, 'content');
  await put(`${data}/odoo/.compose/password/postgres`, 'secret');
  await put(`${config}/cron/etc/cron.d/jobs`, '');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function put(name: string, content = name): Promise<void> {
  await mkdir(path.dirname(staged(name)), { recursive: true });
  await writeFile(staged(name), content);
}
const inStage = (command: string) => run(['bash', '-ec', `cd -- "$0"\n${command}`, staged('')]);

/** A link of the stage, whose parents are made. */
async function lead(name: string, target: string): Promise<void> {
  await mkdir(path.dirname(staged(name)), { recursive: true });
  await rm(staged(name), { recursive: true, force: true });
  await symlink(target, staged(name));
}

/** The listing as a backup writes it, of all files that are staged; its digest. */
async function list(): Promise<string> {
  await mkdir(path.dirname(staged(record)), { recursive: true });
  await inStage(`find . -type f ! -path ./${record} -printf '%P\\0' | xargs -0 -r sha256sum -- >${record}.new
    mv ${record}.new ${record}`);
  return createHash('sha256')
    .update(await readFile(staged(record)))
    .digest('hex');
}

interface Verified {
  files: number;
  bytes: number;
  count: number;
  problems: string[];
  leaving: { count: number; names: string[] };
}
async function verify(listing: string, places = host): Promise<Verified> {
  const env = {
    MYC_PROGRESS: path.join(folder, 'progress'),
    MYC_RESULT: path.join(folder, `result-${listing}`),
  };
  await run(['bash', script, folder, listing, ...places], { env });
  return JSON.parse(await readFile(env.MYC_RESULT, 'utf8')) as Verified;
}
/** What is wrong with the stage, also where no listing says what belongs there. */
async function problems(places = host): Promise<string[]> {
  const listing = await list();
  const [unverified, { problems, count }] = await Promise.all([verify('-', places), verify(listing, places)]);
  expect(unverified.problems).toEqual(problems);
  expect(count).toBe(problems.length);
  return problems;
}

test('what is as listed passes, and is counted', async () => {
  await inStage(`cd ${data}/odoo/var && ln lib/odoo/file hard && printf x >'odd
name' && ln -s lib/odoo/file link`);
  const found = await verify(await list());
  expect(found).toEqual({
    ...{ files: 7, bytes: expect.any(Number) as number, count: 0, problems: [] },
    leaving: { count: 0, names: [] },
  });
});

test('what is not as listed is named: other content, what is missing, what nobody listed, another listing', async () => {
  await put(`${data}/odoo/gone`);
  const listing = await list();
  await put(`${data}/odoo/var/lib/odoo/file`, 'other');
  await put(`${data}/odoo/new`);
  await rm(staged(`${data}/odoo/gone`));
  expect((await verify(listing)).problems).toEqual([
    `not in the listing: ${data}/odoo/new`,
    `missing: ${data}/odoo/gone`,
    `other content: ${data}/odoo/var/lib/odoo/file`,
  ]);
  expect((await verify('0'.repeat(64))).problems[0]).toBe(
    'the listing is not the one that the manifest names',
  );
  expect((await verify(listing, ['/srv/none'])).problems).toContain('not in the backup: srv/none');
});

test.each(['../etc/passwd', '/etc/passwd', 'srv//x', 'srv/./x'])(
  'a listing that names %s is refused',
  async (name) => {
    await list();
    await writeFile(staged(record), `${'1'.repeat(64)}  ${name}\nnonsense\n`);
    const listing = createHash('sha256')
      .update(await readFile(staged(record)))
      .digest('hex');
    expect((await verify(listing)).problems).toEqual(
      expect.arrayContaining([
        `the listing names a path outside of it: ${name}`,
        'the listing has a line that is none: nonsense',
      ]),
    );
  },
);

test.each(['', 'wrong'])(
  'a listing that is a link is not read: what it leads to would be told (%s)',
  async () => {
    await writeFile(path.join(folder, 'shadow'), 'root:$6$secret\n');
    for (const listing of ['-', createHash('sha256').update('root:$6$secret\n').digest('hex')]) {
      await lead(record, path.join(folder, 'shadow'));
      const { problems } = await verify(listing);
      expect(problems).toContain(
        `a link among settings, which root reads: ${record} -> ${path.join(folder, 'shadow')}`,
      );
      expect(JSON.stringify(problems)).not.toContain('secret');
    }
  },
);

test.each([
  [
    'setuid',
    async () => (await put(`${data}/odoo/su`), chmod(staged(`${data}/odoo/su`), 0o4755)),
    'setuid or setgid: #/odoo/su',
  ],
  [
    'setgid',
    async () => (await put(`${data}/odoo/sg`), chmod(staged(`${data}/odoo/sg`), 0o2755)),
    'setuid or setgid: #/odoo/sg',
  ],
  ['a pipe', () => inStage(`mkfifo ${data}/odoo/pipe`), 'a device or pipe: #/odoo/pipe'],
  ['a device', () => inStage(`mknod ${data}/odoo/null c 1 3`), 'a device or pipe: #/odoo/null'],
  [
    'a socket',
    () =>
      inStage(
        `perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un("${data}/odoo/s")) or die'`,
      ),
    'a device or pipe: #/odoo/s',
  ],
  [
    'a hard link to outside',
    async () => (
      await writeFile(path.join(folder, 'outside'), ''),
      link(path.join(folder, 'outside'), staged(`${data}/odoo/hard`))
    ),
    'linked to outside of the stage: #/odoo/hard',
  ],
] as const)('%s is refused', async (_what, plant, problem) => {
  await plant();
  expect(await problems()).toEqual([problem.replace('#', data)]);
});

test.each([
  [`${config}/cron/etc/cron.d`, '/etc/cron.d'],
  [`${config}/cron/etc/cron.d/link`, 'jobs'],
  [`${data}/odoo/.compose/password/postgres-root`, '/etc/shadow'],
  [`${data}/odoo/.compose`, 'var'],
  [`${data}/odoo/.compose/password`, '../var'],
  ['opt/apps/myc-deploy/compose.yml', '/etc/shadow'],
  [config, '/etc'],
  [`${config}/cron`, '../data/odoo'],
  ['var/lib/myc-wf/backup/dumps', '/etc'],
  ['var/lib/myc-wf/backup/dumps/postgres/roles.json', '/etc/shadow'],
])('the link %s -> %s is refused by name: root reads and writes there', async (name, target) => {
  await lead(name, target);
  expect(await problems()).toContain(`a link among settings, which root reads: ${name} -> ${target}`);
});

test.each([`${data}/odoo`, data, 'srv/datastore', 'srv', 'opt/apps', 'opt/apps/myc-deploy'])(
  'a link in the place of the directory %s is refused',
  async (name) => {
    await lead(name, '/etc');
    const listing = await list().catch(() => '0'.repeat(64));
    for (const one of ['-', listing])
      expect((await verify(one)).problems.join()).toMatch(
        new RegExp(
          `(a link where a directory belongs|a link among settings, which root reads): ${name}(,| |$)`,
        ),
      );
  },
);

test.each([data, `${data}/odoo/.compose`, config, 'opt/apps/myc-deploy'])(
  'a file in the place of the directory %s is refused',
  async (name) => {
    await rm(staged(name), { recursive: true });
    await put(name, '');
    expect(await problems()).toContain(`a file where a directory belongs: ${name}`);
  },
);

test('a control character is refused in a name among settings, and in that of a service, and shown as what it is', async () => {
  await inStage(`printf x >$'${config}/cron/a\\nb'; mkdir $'${data}/a\\eb'; printf x >$'${data}/odoo/a\\eb'`);
  expect((await problems()).sort()).toEqual([
    `a control character in a name: ${config}/cron/a\\x0ab`,
    `a control character in a name: ${data}/a\\x1bb`,
  ]);
});

test.each([
  [`${config}/cron/etc/cron.d/jobs`, `${data}/odoo/jobs`],
  [`${data}/odoo/.compose/password/postgres`, `${data}/odoo/seen`],
  [`${data}/odoo/var/lib/odoo/file`, `${data}/other/file`],
  [`${config}/cron/etc/cron.d/jobs`, `${config}/other/jobs`],
  ['opt/apps/myc-deploy/compose.yml', `${data}/odoo/compose.yml`],
])(
  'one file that is both %s and %s is refused: who may write the one writes the other',
  async (name, other) => {
    await mkdir(path.dirname(staged(other)), { recursive: true });
    await link(staged(name), staged(other));
    const [first, second] = (await problems())
      .join()
      .replace('one file in the folders of two: ', '')
      .split(' and ');
    expect([first, second].sort()).toEqual([name, other].sort());
  },
);

test('links in data that lead out of their folder are named, by way of other links too; those within are not', async () => {
  await inStage(`cd ${data}/odoo && mkdir -p live archive/a && printf x >archive/a/key && ln -s ../archive/a/key live/key
    ln -s . here && ln -s here/here/here/../../.. sly && ln -s var/../../other/x out && ln -s ../odoo/var again
    ln -s /var/lib/odoo absolute && ln -s loop loop && ln -s $'/a\\eb' odd`);
  const { problems, leaving } = await verify(await list());
  expect(problems).toEqual([]);
  const named = ['absolute -> /var/lib/odoo', 'again -> ../odoo/var', 'loop -> loop', 'odd -> /a\\x1bb'];
  const sly = ['out -> var/../../other/x', 'sly -> here/here/here/../../..'];
  expect(leaving).toEqual({ count: 6, names: [...named, ...sly].map((one) => `${data}/odoo/${one}`) });
});

test('twenty of many links that lead out are named, and all are counted', async () => {
  await inStage(`cd ${data}/odoo && for i in {1..50}; do ln -s /etc/$i $i; done`);
  const { leaving } = await verify('-');
  expect(leaving).toMatchObject({ count: 50 });
  expect(leaving.names).toHaveLength(20);
});

test('what goes to another place is judged by that place', async () => {
  await lead(`${config}/cron/etc/cron.d/link`, '/etc/cron.d');
  await lead('home/jo/cron/link', '/etc/cron.d');
  await lead('home/jo/up/link', '../../x');
  const to = (...place: string[]) => verify('-', [place.join('\t')]);
  const among = 'a link among settings, which root reads:';
  expect((await to(`/${config}`, '/root/config')).leaving.names).toEqual([
    'root/config/cron/etc/cron.d/link -> /etc/cron.d',
  ]);
  expect((await to(`/${config}`, '/root/config')).problems).toEqual([]);
  expect((await to('/home/jo/cron', `/${config}/cron`)).problems).toContain(
    `${among} home/jo/cron/link -> /etc/cron.d`,
  );
  expect((await to('/home/jo/cron', `/${data}/odoo/.compose`)).problems).toContain(
    `${among} home/jo/cron/link -> /etc/cron.d`,
  );
  expect((await to('/home/jo/up', '/srv/up')).leaving.names).toEqual(['srv/up/link -> ../../x']);
});

test('a link in the path that is asked for is refused', async () => {
  await mkdir(staged('srv/real/x'), { recursive: true });
  await symlink('real', staged('srv/link'));
  expect((await verify('-', ['/srv/link/x'])).problems).toEqual([
    'not in the backup: srv/link/x',
    'a link where a directory belongs: srv/link',
  ]);
  expect((await verify('-', ['/srv/link'])).problems).toEqual(['a link where a directory belongs: srv/link']);
});
