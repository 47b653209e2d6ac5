import { createHash } from 'node:crypto';
import type { LabHost } from '../lab/lab.js';

/** What a visitor and the shop's owner see of a host; the same before the loss and after the recovery. */
export interface Proof {
  host: string;
  page: string;
  rows: number;
  /** sha256 of all rows, in the order of their key. */
  rowsSha256: string;
  photos: number;
  /** sha256 of the photos' names and checksums. */
  photosSha256: string;
}

const rowCount = 10_000;
const photoCount = 96;
const photoFolder = '/srv/datastore/data/apache/usr/local/apache2/htdocs/photos';

/** A page, photos of 1 MiB each and a database with rows, made by hand as their owner would. */
export async function fillHost(host: LabHost): Promise<void> {
  const page = `<h1>The shop of ${host.name}</h1><p>opened ${new Date().toISOString()}</p>\n`;
  const site = '/srv/datastore/data/apache/usr/local/apache2/htdocs/index.html';
  await host.exec(['sh', '-c', 'cat > "$1"', 'fill', site], { input: page });
  const photos = `mkdir -p "$1" && head -c ${photoCount}M /dev/urandom | split --bytes=1M - "$1/photo-"`;
  await host.exec(['sh', '-c', photos, 'fill', photoFolder]);
  const exists = await psql(host, 'postgres', "select 1 from pg_database where datname = 'shop'");
  if (exists === '') await psql(host, 'postgres', 'create database shop');
  const sql = `
    drop table if exists customer;
    create table customer (id int primary key, name text, joined timestamptz);
    insert into customer select n, 'customer ' || md5(random()::text), now() - n * interval '1 hour'
      from generate_series(1, ${rowCount}) as n;`;
  await psql(host, 'shop', sql);
}

export async function proofOf(host: LabHost): Promise<Proof> {
  const answer = await fetch(`http://${host.address}/`, { signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(`${host.name} answers ${answer.status} instead of its page`);
  const rows = await psql(host, 'shop', 'copy (select * from customer order by id) to stdout');
  const photos = await host.exec(['sh', '-c', 'cd "$1" && sha256sum *', 'proof', photoFolder]);
  return {
    host: host.name,
    page: await answer.text(),
    rows: rows === '' ? 0 : rows.split('\n').length,
    rowsSha256: sha256(rows),
    photos: photos.trim().split('\n').length,
    photosSha256: sha256(photos.trim()),
  };
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Through the service's container, found by Compose's labels. */
async function psql(host: LabHost, database: string, sql: string): Promise<string> {
  const script = `id=$(docker ps -q -f label=com.docker.compose.project=myc -f label=com.docker.compose.service=postgres)
    exec docker exec -i "$id" psql -X -q -A -t -v ON_ERROR_STOP=1 -U postgres -d "$1"`;
  return host.exec(['sh', '-c', script, 'psql', database], { input: sql });
}
