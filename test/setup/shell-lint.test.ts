import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, test } from 'vitest';
import { charmFaults, scriptFaults } from './shell/lint.js';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/** The lines of one script that are told, of a charm whose other files are given. */
function told(text: string, others: Readonly<Record<string, string>> = {}): number[] {
  const folder = mkdtempSync(join(tmpdir(), 'lint-'));
  const hook = join(folder, 'site/hooks/init');
  for (const [file, content] of Object.entries({ 'hooks/init': text, ...others })) {
    mkdirSync(dirname(join(folder, 'site', file)), { recursive: true });
    writeFileSync(join(folder, 'site', file), `#!/bin/bash\n${content}`);
  }
  const lines = charmFaults(folder).flatMap(({ file, line }) => (file === hook ? [line - 1] : []));
  rmSync(folder, { recursive: true });
  return lines;
}

test('the charms and the scripts of this repository have no such fault', () => {
  expect([
    ...charmFaults(join(repository, 'charms')),
    ...scriptFaults(join(repository, 'activities/scripts')),
  ]).toEqual([]);
});

describe('what a charm writes by a path of the host is told', () => {
  it.each([
    'echo x >"$SERVICE_CONFIGSTORE/etc/site.conf"',
    'echo x >>$SERVICE_DATASTORE/log',
    'echo x 2>"$DATASTORE/app/log"',
    ': >|"${HOST_CONFIGSTORE}/x"',
    'cat <<END >"$CONFIGSTORE/x"\ntext\nEND',
    'mkdir -p "$SERVICE_DATASTORE"/{live,archive}',
    'if ! cp a "$HOST_DATASTORE/b"; then exit 1; fi',
    'cat a | tee -a "$SERVICE_DATASTORE/b" >/dev/null',
    'sed -i s/a/b/ "$SERVICE_CONFIGSTORE/x"',
    'dd if=a of="$SERVICE_DATASTORE/b"',
    'find "$SERVICE_DATASTORE" -name x -delete',
    'docker cp made:/etc "$SERVICE_CONFIGSTORE/etc"',
    'cd "$SERVICE_DATASTORE" && touch x',
    'chown 70 "$(password-file app)"',
    '[ -e x ] || VALUE=1 ln -s x "$SERVICE_DATASTORE/y"',
    'x=$(mv a "$SERVICE_DATASTORE/b")',
    'echo "$(echo x >"$SERVICE_DATASTORE/b")"',
  ])('%s', (text) => expect(told(`${text}\n`)).toEqual([1]));

  it('through variables, a loop, a function, and a file that is sourced', () => {
    expect(told('data=$SERVICE_DATASTORE/var\nstage="$data/stage"\nrm -rf -- "$stage"\n')).toEqual([3]);
    expect(told('parent=$(dirname "$SERVICE_DATASTORE")\ntouch "$parent/x"\n')).toEqual([2]);
    expect(told('for file in "$SERVICE_CONFIGSTORE"/*; do\nrm "$file"\ndone\n')).toEqual([2]);
    expect(told('put() {\ncat >"$1.new"\n}\nput "$SERVICE_CONFIGSTORE/x"\n')).toEqual([2]);
    expect(told('. lib/common\nrm "$data/x"\n', { 'lib/common': 'data=$SERVICE_DATASTORE/x\n' })).toEqual([
      2,
    ]);
  });

  it('and what goes by a helper, to another place, or is no command is not', () => {
    const right = `write-config "$SERVICE_CONFIGSTORE/x" <<<"$text"
make-folder "$SERVICE_DATASTORE/y" 0700
run-in "$SERVICE_DATASTORE" mv -- a b
docker run --volume "$SERVICE_DATASTORE/x:/x" app sh -c 'echo >/x/y'
digest=$(sha256sum <"$SERVICE_CONFIGSTORE/x" | cut -c1-16)
echo "$digest" >"/var/lib/app/$digest"
# rm -rf "$SERVICE_DATASTORE"
init-config-add <<END
"$SERVICE_NAME": {volumes: ["$SERVICE_DATASTORE/x:/x"]}
mv $SERVICE_DATASTORE/x y
END
jq '.a > "$SERVICE_DATASTORE"' file
`;
    expect(told(right)).toEqual([]);
  });
});

describe('arithmetic on what a command printed is told', () => {
  it.each([
    'count=$(docker exec db count)\nif ((count > 1)); then echo; fi',
    'count=$(docker exec db count)\necho $((count / 2))',
    'count=$(docker exec db count)\n[[ $count -gt 1 ]]',
    'read -r count <file\n((count++))',
    'mapfile -t counts <file\necho $((counts[0] + 1))',
    'x=1\necho $((x + $(docker exec db count)))',
  ])('%s', (text) => expect(told(`${text}\n`)).toEqual([2]));

  it.each([
    'count=$(docker exec db count)\n[[ $count =~ ^[0-9]+$ ]] || exit 1\n((count > 1))',
    'size=$(stat -c %s x)\n((size > 1))',
    'echo $(($(date +%s) - $(wc -l <x | wc -c)))',
    'count=3\n((count > 1))',
  ])('but not when it is looked at, or a number by itself: %s', (text) =>
    expect(told(`${text}\n`)).toEqual([]),
  );
});
