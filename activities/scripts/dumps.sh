#!/usr/bin/env bash
# dumps.sh [SERVICE CONTAINER postgres|charm]…: each database of each service on its own, and its roles, under
# /var/lib/myc-wf/backup/dumps/SERVICE; index.json tells what is where. The last good dumps stand until all new ones are checked.
# charm: the service's charm says how, in its folder dumps/. Result: index.json. charms/lib/postgres.sh goes before it.
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

# All that is asked of a server, in one answer. Roles and databases are data, not SQL: nothing of a backup is executed as it is.
# What a recovery uses meanwhile (myc-restore-…) is left out.
facts="SELECT json_build_object('version', current_setting('server_version_num')::int,
  'databases', (SELECT coalesce(json_agg(json_build_object('name', datname, 'bytes', pg_database_size(d.oid),
      'owner', pg_get_userbyid(datdba), 'encoding', pg_encoding_to_char(encoding), 'collate', datcollate, 'ctype', datctype,
      'provider', to_jsonb(d)->>'datlocprovider', 'rules', to_jsonb(d)->>'daticurules',
      'locale', coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale'),
      'connectionLimit', datconnlimit, 'comment', shobj_description(d.oid, 'pg_database'),
      'settings', (SELECT json_agg(json_build_object('role', rolname, 'settings', to_json(setconfig)) ORDER BY rolname)
        FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = setrole WHERE setdatabase = d.oid),
      'acl', (SELECT json_agg(json_build_object('grantee', rolname, 'privilege', privilege_type, 'grantable', is_grantable))
        FROM aclexplode(datacl) a LEFT JOIN pg_roles r ON r.oid = grantee)) ORDER BY datname), '[]')
    FROM pg_database d WHERE datallowconn AND NOT datistemplate),
  'roles', (SELECT coalesce(json_agg(json_build_object('name', rolname, 'superuser', rolsuper, 'inherit', rolinherit,
      'createRole', rolcreaterole, 'createDb', rolcreatedb, 'login', rolcanlogin, 'replication', rolreplication,
      'bypassRls', rolbypassrls, 'connectionLimit', rolconnlimit, 'password', rolpassword, 'validUntil', rolvaliduntil,
      'settings', (SELECT to_json(setconfig) FROM pg_db_role_setting WHERE setdatabase = 0 AND setrole = r.oid),
      'memberOf', (SELECT json_agg(to_jsonb(m) || jsonb_build_object('role', g.rolname))
        FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid)) ORDER BY rolname), '[]')
    FROM pg_authid r WHERE rolname !~ '^(pg_|myc-restore-)'))"

# A name that could not be a file's is written in hexadecimal, after a + that no other begins with. It is made here: what a container
# says is no path on this host.
file_of() { # DATABASE
  local LC_ALL=C
  if [[ $1 =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$ ]]; then
    printf '%s.dump\n' "$1"
  else
    printf '+%s.dump\n' "$(printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n')"
  fi
}

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
  local service=$1 container=$2 facts_file=$new/$1.facts database file size
  mkdir -p -- "$new/$service"
  postgres_superuser "$container" <<<"$facts" >"$facts_file"
  jq -es 'length == 1 and (.[0] | (.version | type == "number" and . == floor) and (.roles | type == "array") and
    (.databases | type == "array" and all(.[]; (.name | type == "string" and length > 0 and (explode | all(. != 0))) and
      (.bytes | type == "number"))))' "$facts_file" >/dev/null ||
    { echo "$service does not say what databases it has" >&2; return 1; }
  jq .roles "$facts_file" >"$new/$service/roles.json"
  jq '.databases | map(del(.bytes))' "$facts_file" >"$new/$service/databases.json"
  : >"$new/$service.files"

  while IFS= read -r -d '' database && read -r size; do
    echo "dumping $database of $service"
    file=$(file_of "$database")
    : >"$new/$service/$file"
    postgres_dump "$container" "$database" --format=custom >"$new/$service/$file" &
    report "$database of $service" "$new/$service/$file" "$size"
    wait "$!"
    # Read to its end, data too: an archive that was cut off has a good table of contents.
    postgres_run "$container" 'exec pg_restore --file=/dev/null' <"$new/$service/$file"
    jq -n --arg name "$database" --arg file "$file" '{name: $name, file: $file}' >>"$new/$service.files"
  done < <(jq -j '.databases[] | "\(.name)\u0000\(.bytes | floor)\n"' "$facts_file")

  jq -c --arg service "$service" --slurpfile databases "$new/$service.files" \
    '{name: $service, kind: "postgres", version: .version, databases: $databases}' "$facts_file" >"$new/$service.index"
  rm -- "$facts_file" "$new/$service.files"
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
