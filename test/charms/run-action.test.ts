import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, test } from 'vitest';

const runAction = fileURLToPath(new URL('../../charms/lib/run-action.sh', import.meta.url));
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'action-'));
  const charm = join(root, 'charm');
  const service = join(root, 'services/www.example.org');
  for (const folder of [join(charm, 'actions'), join(charm, 'lib'), service])
    mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(charm, 'lib/common'),
    'said() { cat; echo "$ACTION_NAME of $SERVICE_NAME in $PWD: $*"; }\n',
  );
  const text = '#!/bin/bash\n. lib/common; said "$@"; options-get port; relation-targets db; info beside\n';
  writeFileSync(join(charm, 'actions/save'), text, { mode: 0o755 });
  writeFileSync(join(charm, 'actions/notes'), 'no program\n');
  const environment = {
    SERVICE_NAME: 'www.example.org',
    CHARM_NAME: 'site',
    CHARM_PATH: charm,
    ODD: "a'b\n$(id)",
  };
  writeFileSync(join(service, 'environment.json'), JSON.stringify(environment));
  writeFileSync(join(service, 'options.json'), '{"port": 80}');
  writeFileSync(join(service, 'targets.json'), '{"db": ["postgres"]}');
});

function run(...words: string[]): { code: number | null; out: string; err: string } {
  const env = { PATH: process.env.PATH ?? '', COMPOSE_ROOT: root };
  const { status, stdout, stderr } = spawnSync('bash', [runAction, ...words], {
    encoding: 'utf8',
    input: 'in\n',
    env,
  });
  return { code: status, out: stdout, err: stderr };
}

test('an action has its words, its pipes, the service’s environment and the helpers of hooks', () => {
  expect(run('www.example.org', 'save', 'a b', '--x')).toEqual({
    code: 0,
    out: `in\nsave of www.example.org in ${join(root, 'charm')}: a b --x\n80\npostgres\n`,
    err: 'beside\n',
  });
});

test.each([
  ['other', 'save', "no service 'other' was brought up on this host; there are: www.example.org"],
  ['../services/www.example.org', 'save', 'no service'],
  ['www.example.org', 'laod', "the charm site of www.example.org has no action 'laod'; it has: notes save"],
  ['www.example.org', 'notes', "has no action 'notes'"],
  ['www.example.org', '../lib/common', "has no action '../lib/common'"],
])('what is not there is told, with what is: %s %s', (service, action, says) => {
  const { code, err } = run(service, action);
  expect(code).toBe(2);
  expect(err).toContain(says);
});
