#!/usr/bin/env bash
# restore-databases.sh FOLDER PROJECT SERVICE VERSION [DATABASE FILE]…: roles and databases of FOLDER/stage's dumps into the
# empty PostgreSQL service SERVICE, which runs; VERSION is the server's that was dumped. Safe to repeat at any point: what is
# done is marked, what was begun is begun anew. A database that holds something and was not begun by us is left alone.
# Result: {left: [TEXT…]}, what was not restored, since only a superuser can make it or since it would make one.
# charms/lib/postgres.sh, lib/restore-roles.sh, lib/read-dump.sh and lib/restore-database.sh go before it.
# shellcheck disable=SC2154,SC2034
set -euo pipefail
shopt -s inherit_errexit
umask 077
folder=$1 project=$2 service=$3 version=$4
shift 4
dumps=$folder/stage/var/lib/myc-wf/backup/dumps/$service
marks=$folder/restored/$service
mkdir -p -- "$marks"
# The database postgres may be one of those that are restored.
postgres_maintenance=template1
container=$(docker ps --quiet --no-trunc --filter "label=com.docker.compose.project=$project" \
  --filter "label=com.docker.compose.service=$service" --filter label=com.docker.compose.oneoff=False)
if [ -z "$container" ]; then
  echo "the service $service does not run" >&2
  exit 1
fi

# What an image's programs say is no number until it looks like one: in arithmetic bash would run what stands in brackets.
is_number() { [[ $1 =~ ^[0-9]{1,9}$ ]]; }

# The server's version, then the databases it has, those of earlier runs of this job among them.
there=$(postgres_superuser "$container" <<<"SHOW server_version_num; SELECT encode(convert_to(datname, 'UTF8'), 'hex') FROM pg_database")
here=${there%%$'\n'*}
is_number "$here" || { echo "$service does not say which PostgreSQL it is" >&2; exit 1; }
if ((here / 10000 < version / 10000)); then
  echo "$service is PostgreSQL $((here / 10000)), and the dumps are of $((version / 10000)): an older server cannot read them" >&2
  exit 1
fi

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
  postgres_run "$container" 'exec pg_restore --list --create' <"$dumps/$1" >"$list.new" || return 1
  mv -- "$list.new" "$list"
}

# What follows is of one database: restore_database sets database, file, mark, temporary and keeper for it.

list_ids() { # ID…: what `restore` takes from the dump. One variable holds 128 KiB at most.
  local ids n
  ids=$(printf '%s\n' "$@")
  for n in 0 1 2 3 4 5; do export "MYC_LIST_$n=${ids:n*120000:120000}"; done
  ((${#ids} <= 720000)) || { echo "$database of $service has more tables and functions than can be restored" >&2; return 1; }
}

in_database() { # FILE WORDS [ARGUMENT…]: words of lib/restore-database.sh, told of the database; FILE is their standard input
  # shellcheck disable=SC2016
  postgres_run "$container" "$restore_words"'
database=$1 temporary=$2 keeper=$3
shift 3
'"$2" "$database" "$temporary" "$keeper" "${@:3}" <"$1"
}

# The same, with how far it has read. Returns 10 where something could not be made that only a superuser can make, which is noted.
attempt() { # FILE WORDS [ARGUMENT…]
  local exit=0 running left
  in_database "$@" >>"$mark.said" 2>"$mark.errors" &
  running=$!
  report "$running" "$database of $service" "$(stat -c %s -- "$file")" >/dev/null 2>&1 &
  wait "$running" || exit=$?
  kill "$!"
  left=$(grep -ac '^extension ' "$mark.said" || true)
  if ((exit == 10)) && judge_errors "$mark.errors" "$marks/roles.services" "$left" "$keeper" >>"$mark.said"; then return 10; fi
  grep -avE '^pg_restore: (creating|processing|executing|connecting|finished|while|from|warning: errors ignored)' "$mark.errors" >&2 || true
  ((exit == 0)) || exit "$exit"
}

restore_database() { # DATABASE FILE
  local database=$1 file=$dumps/$2 mark=$marks/$2 temporary keeper list mode tables held_now
  local -a extensions schemas main later
  [ ! -e "$mark.done" ] || return 0
  echo "restoring $database of $service"
  list_dump "$2" || exit 1
  # The archive says of which database it is: it has to be the one that was asked for.
  if ! grep -qaxF -- ";     dbname: $(printf '%s' "$database" | tr '\n\r' '  ')" "$mark.list"; then
    echo "$file is not a dump of $database" >&2
    exit 1
  fi
  case $database in template0 | template1) echo "the database $database is the server's own" >&2 && exit 1 ;; esac

  # Its settings may be secrets, which are in no argument.
  find_properties "$@" >"$mark.found"
  list=$(jq -Rnc --slurpfile properties "$mark.found" --slurpfile made "$marks/roles.made" \
    "\$properties[0] as \$found | \$made[0].services as \$services | $list_program" <"$mark.list")
  temporary=myc-restore-$(printf '%s' "$database" | sha256sum | cut -c1-12)
  MYC_DATA=$(jq -c --arg database "$database" --arg temporary "$temporary" --slurpfile found "$mark.found" '{owners, $database, $temporary,
    found: $found[0], keeper: (.owner // "myc-owner-" + $temporary[12:]), owner: (if $database == "postgres" then null else .owner end)}' <<<"$list")
  export MYC_DATA
  keeper=$(jq -r .keeper <<<"$MYC_DATA")
  mapfile -t extensions < <(find_extensions "$2" "$list" "$keeper")
  if [ ! -e "$mark.begun" ]; then
    # shellcheck disable=SC2016
    if exists "$database" && [ "$(in_database /dev/null 'count_held "$database" "$temporary"')" != 0 ]; then
      echo "the database $database of $service holds tables already; it was left as it is" >&2
      exit 1
    fi
    : >"$mark.begun"
    sync -- "$mark.begun"
  fi

  # A command in a container costs a tenth of a second: what can be is done by one.
  : >"$mark.said"
  mode=$(jq -r .mode <<<"$list")
  mapfile -t main < <(jq -r 'if .mode == "one" then .ids else .ids - .later - [.schemas[].id] end | .[]' <<<"$list")
  mapfile -t schemas < <(jq -r '.schemas[].id' <<<"$list")
  mapfile -t later < <(jq -r '.later[]' <<<"$list")
  # shellcheck disable=SC2016
  case $mode in
    empty) attempt /dev/null 'make_database "$database" "$@"; finish "$database" "$temporary" "$keeper"' "${extensions[@]}" ;;
    one)
      list_ids "${main[@]}"
      attempt "$file" 'make_database "$database" "$@"
restore "$database" "$temporary" --no-owner --role="$keeper"
finish "$database" "$temporary" "$keeper"' "${extensions[@]}" || attempt /dev/null 'finish "$database" "$temporary" "$keeper"'
      ;;
    several)
      list_ids "${schemas[@]}"
      attempt "$file" 'make_database "$database" "$@"
grant_create_schema "$database" "$temporary"
[ -z "$MYC_LIST_0" ] || restore "$database" "$temporary"' "${extensions[@]}" || true
      list_ids "${main[@]}"
      attempt "$file" 'grant_create "$database" "$temporary"
[ -z "$MYC_LIST_0" ] || restore "$database" "$temporary"' || true
      list_ids "${later[@]}"
      attempt "$file" 'hand_to_keeper "$database" "$temporary" "$keeper"
take_back_create "$database" "$temporary"
[ -z "$MYC_LIST_0" ] || restore "$database" "$temporary"
finish "$database" "$temporary" "$keeper"' || attempt /dev/null 'finish "$database" "$temporary" "$keeper"'
      ;;
  esac

  tables=$(grep -caE '^[0-9]+; 1259 [0-9]+ TABLE ' "$mark.list" || true)
  held_now=$(sed -n 's/^tables //p' "$mark.said" | tail -n 1)
  is_number "$held_now" || { echo "the tables of $database of $service cannot be counted" >&2; exit 1; }
  if ((held_now < tables)); then
    echo "the database $database of $service has fewer tables than its dump ($tables)" >&2
    exit 1
  fi
  if [ "$database" = postgres ] && [ "$keeper" != "myc-owner-${temporary#myc-restore-}" ]; then
    echo "its owner $keeper: it is the server's own database" >>"$mark.said"
  fi
  DATABASE=$database SERVICE=$service awk '!/^tables / { print ENVIRON["DATABASE"] " of " ENVIRON["SERVICE"] ": " $0 }' "$mark.said" |
    LC_ALL=C tr '\000-\011\013-\037\177' '?' >"$mark.left"
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
restore_roles "$container" "$dumps/roles.json" >"$marks/roles.made"
jq -e '(.left | type == "array") and (.services | type == "array")' "$marks/roles.made" >/dev/null
jq -r '.services[]' "$marks/roles.made" >"$marks/roles.services"
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

# Some of each, in plain words; the marks keep all of it.
{
  jq -r --arg service "$service" '.left[] | "\($service): \(.)"' "$marks/roles.made"
  for file in "${files[@]}"; do [ ! -s "$marks/$file.left" ] || head -n 30 -- "$marks/$file.left"; done
} | head -n 50 | jq -Rnc '{left: [inputs | "not restored: " + .[:300]]}' >"$MYC_RESULT"
jq -r '.left[]' "$MYC_RESULT"
