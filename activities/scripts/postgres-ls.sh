#!/usr/bin/env bash
# postgres-ls.sh PROJECT: the databases of each running service of the charm postgres; changes nothing.
#   SERVICE JSON    [{name, owner, bytes, encoding}], without templates
# charms/lib/postgres.sh goes before it.
set -euo pipefail
command -v docker >/dev/null || exit 0
query="select coalesce(json_agg(json_build_object('name', d.datname, 'owner', pg_get_userbyid(d.datdba),
  'bytes', pg_database_size(d.oid), 'encoding', pg_encoding_to_char(d.encoding)) order by d.datname), '[]')
  from pg_database d where not d.datistemplate and d.datallowconn"
docker ps --no-trunc --filter "label=com.docker.compose.project=$1" --filter label=myc.charm=postgres \
  --filter label=com.docker.compose.oneoff=False --format '{{.ID}} {{.Label "com.docker.compose.service"}}' |
  sort -k 2 | while read -r id service; do
    answer=$(postgres_superuser "$id" <<<"$query" | tr -d '\n')
    printf '%s %s\n' "$service" "$answer"
  done
