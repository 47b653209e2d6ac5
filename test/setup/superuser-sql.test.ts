import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../lab/run.js';

const checker = fileURLToPath(new URL('superuser-sql.sh', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'myc-lint-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function checked(text: string) {
  const file = path.join(folder, 'sample.sh');
  await writeFile(file, text);
  return run(['bash', checker, file], { allowFailure: true });
}

test('the scripts that we ship leave superusers to the helper', async () => {
  expect(await run(['bash', checker], { allowFailure: true })).toMatchObject({ code: 0, stdout: '' });
});

test.each([
  'docker exec -i "$container" psql -U postgres -d "$database" <<<"SELECT 1"',
  'docker exec "$container" psql --username postgres --dbname shop -c "SELECT 1"',
  'docker exec "$container" psql -XAtq -d "$database" -c "SELECT 1"',
  'docker exec -i "$container" \\\n  psql -XAtq \\\n  -d "$database"',
  'docker exec "$container" createdb -U postgres shop',
  'docker exec "$container" dropdb shop',
  'docker exec -i "$container" pg_restore --username postgres --dbname shop --file=x',
  'docker exec -i "$container" pg_restore -d shop',
  'docker exec "$container" sh -c \'export PGUSER="${POSTGRES_USER:-postgres}"; exec "$@"\' sh psql',
  'docker exec "$container" sh -c "exec psql"',
  'docker exec "$container" /usr/bin/psql',
  'docker exec "$container" vacuumdb --all',
  'docker exec "$container" pg_dump shop',
  'postgres_run "$container" \'as_role "$superuser" shop psql\'',
  'docker run --network "$network" --entrypoint psql "$image" --username postgres',
  'query="$(psql -c x)"',
])('%s is found', async (line) => {
  const { code, stdout } = await checked(`# psql is spoken of here\n${line}\n`);
  expect(code, stdout).toBe(1);
  expect(stdout).toContain('sample.sh:2: a client of PostgreSQL; use charms/lib/postgres.sh');
});

test.each([
  'postgres_superuser "$container" <<<"SELECT 1"',
  'postgres_run "$container" \'as_role "$owner" "$database" psql -XAtq\'',
  'postgres_run "$container" \'exec pg_restore --file=/dev/null\' <"$file"',
  'postgres_dump "$container" "$database" --format custom',
  'die "by psql\'s own quoting"',
])('%s is no fault', async (line) => {
  expect(await checked(`${line}\n`)).toMatchObject({ code: 0, stdout: '' });
});
