#!/usr/bin/env bash
# dumps.sh [SERVICE CONTAINER postgres|charm]…: each database of each service on its own, and its roles, under
# /var/lib/myc-wf/backup/dumps/SERVICE; index.json tells what is where. The last good dumps stand until all new ones are checked.
# charm: the service's charm says how, in its folder dumps/. Result: index.json.
set -euo pipefail
shopt -s inherit_errexit
umask 077
folder=/var/lib/myc-wf/backup
new=$folder/dumps.new
mkdir -p -- "$folder" /var/lib/myc-wf/backup-work
# Another attempt, told of other containers, may still go on.
exec 7>/var/lib/myc-wf/backup-work/lock
flock 7
rm -rf -- "$new"
mkdir -p -- "$new"

# What `docker exec` reads is always given: it would else eat whatever this script's own input is.
in_container() { # CONTAINER DATABASE PROGRAM ARGUMENT…; the database by environment, since -d also takes connection strings
  docker exec -i -e PGDATABASE="$2" -e PGCLIENTENCODING=UTF8 "$1" \
    sh -c 'export PGUSER="${POSTGRES_USER:-postgres}"; exec "$@"' sh "${@:3}"
}
ask() { # CONTAINER SQL PSQL-ARGUMENT…
  in_container "$1" postgres psql -XAtq -v ON_ERROR_STOP=1 "${@:3}" <<<"$2"
}

# A name that could not be a file's is written in hexadecimal, after a + that no other begins with.
databases="SELECT datname, CASE WHEN datname ~ '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}\$' THEN datname
  ELSE '+' || encode(convert_to(datname, 'UTF8'), 'hex') END || '.dump' AS file
  FROM pg_database WHERE datallowconn AND NOT datistemplate"
index="SELECT json_build_object('name', :'service', 'kind', 'postgres', 'version', current_setting('server_version_num')::int,
  'databases', (SELECT json_agg(json_build_object('name', datname, 'file', file) ORDER BY datname) FROM ($databases) AS d))"
# Roles as data, not as SQL: what comes back from a backup is never executed as it is.
roles="SELECT coalesce(json_agg(json_build_object('name', rolname, 'superuser', rolsuper, 'inherit', rolinherit,
    'createRole', rolcreaterole, 'createDb', rolcreatedb, 'login', rolcanlogin, 'replication', rolreplication,
    'bypassRls', rolbypassrls, 'connectionLimit', rolconnlimit, 'password', rolpassword, 'validUntil', rolvaliduntil,
    'settings', (SELECT to_json(setconfig) FROM pg_db_role_setting WHERE setdatabase = 0 AND setrole = r.oid),
    'memberOf', (SELECT json_agg(to_jsonb(m) || jsonb_build_object('role', g.rolname))
      FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid)) ORDER BY rolname), '[]')
  FROM pg_authid r WHERE rolname !~ '^pg_'"

report() { # PHASE FILE [TOTAL], each second while the background job runs
  while kill -0 "$!" 2>/dev/null; do
    printf '%s %s%s\n' "$1" "$(stat -c %s -- "$2")" "${3:+ $3}" >"$MYC_PROGRESS"
    sleep 1
  done
}

# Of another charm's databases, by the programs in its folder dumps/ (charms/metadata.reference.yml).
charm() { # SERVICE PROGRAM [ARGUMENT…]
  MYC_KIND=dumps bash /srv/charm-store/myc/lib/run-action.sh "$@" </dev/null
}
dump_by_charm() { # SERVICE
  local service=$1 database file
  mkdir -p -- "$new/$service"
  charm "$service" list |
    jq -ce --arg service "$service" '{name: $service, kind: "charm",
      version: (.version | if type == "number" then floor else error("dumps/list tells no version") end),
      databases: [.databases[] | {name: ., file: ((if test("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$") then . else error("\(.) is no name of a file") end) + ".dump")}]}' >"$new/$service.index"
  charm "$service" accounts >"$new/$service/accounts.json"
  jq -e . "$new/$service/accounts.json" >/dev/null
  while IFS=$'\t' read -r database file; do
    echo "dumping $database of $service"
    : >"$new/$service/$file"
    charm "$service" dump "$database" >"$new/$service/$file" &
    report "$database of $service" "$new/$service/$file"
    wait "$!"
    charm "$service" check "$new/$service/$file"
  done < <(jq -r '.databases[] | [.name, .file] | @tsv' "$new/$service.index")
}

dump_service() { # SERVICE CONTAINER
  local service=$1 container=$2 database file size
  mkdir -p -- "$new/$service"
  ask "$container" "$index" -v service="$service" >"$new/$service.index"
  ask "$container" "$roles" >"$new/$service/roles.json"
  jq -e 'type == "array"' "$new/$service/roles.json" >/dev/null
  while IFS= read -r -d '' database && IFS= read -r -d '' file; do
    echo "dumping $database of $service"
    size=$(in_container "$container" "$database" psql -XAtqc 'SELECT pg_database_size(current_database())' </dev/null)
    : >"$new/$service/$file"
    in_container "$container" "$database" pg_dump --format=custom </dev/null >"$new/$service/$file" &
    report "$database of $service" "$new/$service/$file" "$size"
    wait "$!"
    # Read to its end, data too: an archive that was cut off has a good table of contents.
    in_container "$container" "$database" pg_restore --file=/dev/null <"$new/$service/$file"
  done < <(ask "$container" "$databases" -z -0)
}

given=("$@")
while (($# > 0)); do
  if [ "$3" = charm ]; then dump_by_charm "$1"; else dump_service "$1" "$2"; fi
  shift 3
done

echo '[]' >"$new/index.json"
for ((i = 0; i < ${#given[@]}; i += 3)); do
  service=${given[i]}
  jq -c --slurpfile one "$new/$service.index" --arg image "$(docker inspect --format '{{.Config.Image}}' "${given[i + 1]}")" \
    '. + ($one | map(. + {image: $image}))' "$new/index.json" >"$new/index.json.new"
  mv -- "$new/index.json.new" "$new/index.json"
  # As many files as the index names: a list that was cut off would else pass for fewer databases.
  jq -r '.databases[].file' "$new/$service.index" | while IFS= read -r file; do test -s "$new/$service/$file"; done
  rm -- "$new/$service.index"
done
rm -rf -- "$folder/dumps.old"
if [ -e "$folder/dumps" ]; then mv -- "$folder/dumps" "$folder/dumps.old"; fi
mv -- "$new" "$folder/dumps"
rm -rf -- "$folder/dumps.old"
jq -c --argjson bytes "$(du -sb -- "$folder/dumps" | cut -f1)" '{services: ., bytes: $bytes}' "$folder/dumps/index.json" >"$MYC_RESULT"
