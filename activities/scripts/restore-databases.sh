#!/usr/bin/env bash
# restore-databases.sh FOLDER PROJECT SERVICE VERSION [DATABASE FILE]…: roles and databases of FOLDER/stage's dumps into the
# empty PostgreSQL service SERVICE, which runs; VERSION is the server's that was dumped. Safe to repeat at any point: what is
# done is marked, what was begun is begun anew. A database that holds something and was not begun by us is left alone.
set -euo pipefail
shopt -s inherit_errexit
umask 077
folder=$1 project=$2 service=$3 version=$4
shift 4
dumps=$folder/stage/var/lib/myc-wf/backup/dumps/$service
marks=$folder/restored/$service
mkdir -p -- "$marks"
container=$(docker ps --quiet --no-trunc --filter "label=com.docker.compose.project=$project" \
  --filter "label=com.docker.compose.service=$service" --filter label=com.docker.compose.oneoff=False)
if [ -z "$container" ]; then
  echo "the service $service does not run" >&2
  exit 1
fi

in_container() { # DATABASE PROGRAM ARGUMENT…; its standard input is always given, or docker would take this script's
  docker exec -i -e PGDATABASE="$1" -e PGCLIENTENCODING=UTF8 "$container" \
    sh -c 'export PGUSER="${POSTGRES_USER:-postgres}"; exec "$@"' sh "${@:2}"
}
ask() { # DATABASE PSQL-ARGUMENT…, SQL on standard input
  in_container "$1" psql -XAtq -v ON_ERROR_STOP=1 "${@:2}"
}

# What an image's programs say is no number until it looks like one: in arithmetic bash would run what stands in brackets.
is_number() { [[ $1 =~ ^[0-9]{1,9}$ ]]; }

# The server's version, then the databases it has, those of earlier runs of this job among them.
there=$(ask template1 <<<"SHOW server_version_num; SELECT encode(convert_to(datname, 'UTF8'), 'hex') FROM pg_database")
here=${there%%$'\n'*}
is_number "$here" || { echo "$service does not say which PostgreSQL it is" >&2; exit 1; }
if ((here / 10000 < version / 10000)); then
  echo "$service is PostgreSQL $((here / 10000)), and the dumps are of $((version / 10000)): an older server cannot read them" >&2
  exit 1
fi

# Roles are data: each is made of its fields by quoting statements. What exists is altered; the superuser in use keeps its rights.
restore_roles() {
  {
    echo "BEGIN; CREATE TEMP TABLE given (roles jsonb) ON COMMIT DROP;"
    printf '%s\n' "COPY given FROM STDIN WITH (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02');"
    jq -c . "$dumps/roles.json"
    echo '\.'
    cat <<'SQL'
DO $do$
DECLARE r record; m jsonb; s text; extent text := '';
BEGIN
  FOR r IN SELECT * FROM given, jsonb_to_recordset(roles) AS x(name text, superuser bool, inherit bool, "createRole" bool,
    "createDb" bool, login bool, replication bool, "bypassRls" bool, "connectionLimit" int, password text, "validUntil" text,
    settings jsonb) WHERE x.name !~ '^pg_' LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r.name) THEN EXECUTE format('CREATE ROLE %I', r.name); END IF;
    IF r.name <> current_user THEN
      EXECUTE format('ALTER ROLE %I WITH %s %s %s %s %s %s %s CONNECTION LIMIT %s', r.name,
        CASE WHEN r.superuser THEN 'SUPERUSER' ELSE 'NOSUPERUSER' END, CASE WHEN r.inherit THEN 'INHERIT' ELSE 'NOINHERIT' END,
        CASE WHEN r."createRole" THEN 'CREATEROLE' ELSE 'NOCREATEROLE' END, CASE WHEN r."createDb" THEN 'CREATEDB' ELSE 'NOCREATEDB' END,
        CASE WHEN r.login THEN 'LOGIN' ELSE 'NOLOGIN' END, CASE WHEN r.replication THEN 'REPLICATION' ELSE 'NOREPLICATION' END,
        CASE WHEN r."bypassRls" THEN 'BYPASSRLS' ELSE 'NOBYPASSRLS' END, coalesce(r."connectionLimit", -1));
    END IF;
    IF r.password IS NOT NULL THEN EXECUTE format('ALTER ROLE %I PASSWORD %L', r.name, r.password); END IF;
    IF r."validUntil" IS NOT NULL THEN EXECUTE format('ALTER ROLE %I VALID UNTIL %L', r.name, r."validUntil"); END IF;
    FOR s IN SELECT jsonb_array_elements_text(CASE jsonb_typeof(r.settings) WHEN 'array' THEN r.settings ELSE '[]' END) LOOP
      -- By way of the session, which knows how lists such as search_path are written.
      PERFORM set_config(split_part(s, '=', 1), substr(s, strpos(s, '=') + 1), true);
      EXECUTE format('ALTER ROLE %I SET %I FROM CURRENT', r.name, split_part(s, '=', 1));
    END LOOP;
  END LOOP;
  FOR r IN SELECT x.name, y.value AS m FROM given, jsonb_to_recordset(roles) AS x(name text, "memberOf" jsonb),
    jsonb_array_elements(CASE jsonb_typeof(x."memberOf") WHEN 'array' THEN x."memberOf" ELSE '[]' END) AS y LOOP
    m := r.m;
    extent := CASE WHEN (m->>'admin_option')::bool THEN 'WITH ADMIN OPTION' ELSE '' END;
    IF current_setting('server_version_num')::int >= 160000 AND m ? 'set_option' THEN
      extent := format('WITH ADMIN %s, INHERIT %s, SET %s', (m->>'admin_option')::bool::text,
        (m->>'inherit_option')::bool::text, (m->>'set_option')::bool::text);
    END IF;
    EXECUTE format('GRANT %I TO %I %s', m->>'role', r.name, extent);
  END LOOP;
END $do$;
COMMIT;
SQL
  } | ask template1
}

held="SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'"

exists() { # DATABASE
  grep -qxF -- "$(printf '%s' "$1" | od -An -v -tx1 | tr -d ' \n')" <<<"${there#*$'\n'}"
}

report() { # PID TEXT SIZE: how far it has read; its last sleep must hold no pipe that somebody waits for the end of
  while sleep 0.5; do
    printf '%s %s %s\n' "$2" "$(awk '/^pos/ { print $2 }' "/proc/$1/fdinfo/0" 2>/dev/null || true)" "$3" >"$MYC_PROGRESS"
  done
}

# What is in a dump, beside its mark. Begun for the first ones while the roles are made: each command in a container costs.
list_dump() { # FILE
  local list=$marks/$1.list
  [ ! -e "$list" ] || return 0
  in_container template1 pg_restore --list <"$dumps/$1" >"$list.new" || return 1
  mv -- "$list.new" "$list"
}

restore_database() { # DATABASE FILE
  local database=$1 file=$dumps/$2 mark=$marks/$2 drop='' toc tables held_now restoring exit=0
  [ ! -e "$mark.done" ] || return 0
  echo "restoring $database of $service"
  list_dump "$2" || exit 1
  toc=$(cat -- "$mark.list")
  # The archive says into which database --create goes: it has to be the one that was asked for.
  if ! grep -qxF -- ";     dbname: $(printf '%s' "$database" | tr '\n\r' '  ')" <<<"$toc"; then
    echo "$file is not a dump of $database" >&2
    exit 1
  fi
  if [ ! -e "$mark.begun" ]; then
    if exists "$database" && [ "$(ask "$database" <<<"$held")" != 0 ]; then
      echo "the database $database of $service holds tables already; it was left as it is" >&2
      exit 1
    fi
    : >"$mark.begun"
    sync -- "$mark.begun"
  fi
  if exists "$database"; then
    drop='DROP DATABASE IF EXISTS :"name"'
    if ((here >= 130000)); then drop+=' WITH (FORCE)'; fi
  fi
  # Dropped, restored and counted by one command, since each costs.
  # shellcheck disable=SC2016 # it is the container's shell that expands it
  in_container template1 sh -c 'set -e
    [ -z "$2" ] || printf "%s\n" "$2" | psql -XAtq -v ON_ERROR_STOP=1 -v name="$1"
    pg_restore --create --exit-on-error --dbname=template1
    PGDATABASE=$1 psql -XAtq -v ON_ERROR_STOP=1 -c "$3"' \
    sh "$database" "$drop" "$held AND c.relkind IN ('r', 'p')" <"$file" >"$mark.tables" &
  restoring=$!
  report "$restoring" "$database of $service" "$(stat -c %s -- "$file")" >/dev/null 2>&1 &
  wait "$restoring" || exit=$?
  kill "$!"
  if ((exit != 0)); then exit "$exit"; fi
  tables=$(grep -cE '^[0-9]+; 1259 [0-9]+ TABLE ' <<<"$toc" || true)
  read -r held_now <"$mark.tables" || true
  is_number "$held_now" || { echo "the tables of $database of $service cannot be counted" >&2; exit 1; }
  if ((held_now < tables)); then
    echo "the database $database of $service has fewer tables than its dump ($tables)" >&2
    exit 1
  fi
  : >"$mark.done"
}

# What is said is of one database among several.
one() { # DATABASE FILE
  restore_database "$@" 2>&1 | DATABASE=$1 awk '{ print ENVIRON["DATABASE"] ": " $0; fflush() }'
}

jq -e 'type == "array"' "$dumps/roles.json" >/dev/null
# As many at once as there are processors; one that fails leaves the others to their end.
free=$(nproc) files=() listing=()
# Those of an earlier run may have lost their end in a power cut.
rm -f -- "$marks"/*.list
for ((n = 2; n <= $# && n <= 2 * free; n += 2)); do
  [ ! -e "$marks/${!n}.done" ] || continue
  list_dump "${!n}" 2>/dev/null &
  listing+=("$!")
done
restore_roles
# One that cannot be listed is told of in its turn.
wait "${listing[@]}" || true
while (($# > 0)); do
  if ((free == 0)); then wait -n || true; else free=$((free - 1)); fi
  one "$1" "$2" &
  files+=("$2")
  shift 2
done
wait
for file in "${files[@]}"; do [ -e "$marks/$file.done" ] || exit 1; done
